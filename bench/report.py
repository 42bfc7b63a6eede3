"""Put measured results into a page, between its markers."""

import re
from pathlib import Path


def replace_between_markers(page: Path, name: str, text: str) -> None:
    """Replace what stands between ``<!-- name: begin -->`` and ``<!-- name: end -->`` in a Markdown page.

    Raises
    ------
    ValueError
        If the page has no such markers.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before = page.read_text()
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(before):
        raise ValueError(f"{page} has no markers {begin} and {end}")
    page.write_text(pattern.sub(lambda _match: f"{begin}\n{text}\n{end}", before))
