"""Text that a file format cannot hold, such as names of files in other alphabets, and what stands for it there."""

from __future__ import annotations

import re

# The characters that a format refuses: FITS headers hold printable ASCII alone; in a name that is no UTF-8 Python has
# surrogates for the bytes, which no other text may have.
_REFUSED = {".fits": re.compile(r"[^ -~]")}
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def storable(text: str, ending: str) -> str:
    """A text with escapes (``\\xe9`` for é) in place of what a file cannot hold whose name ends so."""
    return _REFUSED.get(ending, _SURROGATES).sub(lambda refused: ascii(refused[0])[1:-1], text)


def make_storable(tree, ending: str) -> None:
    """Escape in all text of nested dictionaries and lists, in place, what such a file cannot hold."""
    for place, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        if isinstance(value, str):
            if not (value.isascii() and value.isprintable()):
                tree[place] = storable(value, ending)
        elif isinstance(value, dict | list):
            make_storable(value, ending)
