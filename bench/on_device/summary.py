"""What a session found, in words and for the page of benchmarks."""

import json
from pathlib import Path

from bench import results
from bench.on_device.parts import part_named
from bench.results import markdown

RESULTS, SUMMARY, LOG = "results.json", "summary.txt", "log.txt"
STATE_MARKER = "device-session"


class NotToPublishError(Exception):
    """A folder of results that does not belong on the page of benchmarks."""


def write(folder: Path, session: dict) -> None:
    """Write what was found so far, as JSON."""
    (folder / RESULTS).write_text(json.dumps(session, indent=1) + "\n")


def in_words(session: dict) -> str:
    """All tables of a session, under its machine and how each part ended."""
    parts = [f"{results.introduction(session)}\n", states(session)]
    for part in session["parts"]:
        parts += [f"\n{part['name']}: {part['shows']}\n"]
        parts += [f"{table}\n" for table in tables(part).values()] or ["nothing\n"]
    return "\n".join(parts)


def states(session: dict) -> str:
    """How each part ended, as Markdown."""
    rows = [
        [f"`{part['name']}`", part["shows"], part["state"], f"{part.get('seconds', 0):.0f}"]
        for part in session["parts"]
    ]
    return markdown(["part", "what it shows", "state", "seconds"], rows)


def tables(part: dict) -> dict[str, str]:
    """The tables of a part by their markers; none where it found nothing."""
    return part_named(part["name"]).module.tables(part) if part["results"] else {}


def publish(folder: Path, page: Path, place: Path) -> list[str]:
    """Put the tables of a session into the page of benchmarks, and its results beside it.

    Parameters
    ----------
    folder : Path
        What a session wrote.
    page : Path
        The page, with markers for every table.
    place : Path
        Where ``on-device.json`` goes.

    Returns
    -------
    list of str
        The markers whose tables were replaced; those of a part that found nothing keep what they have.

    Raises
    ------
    NotToPublishError
        If there are no results in the folder, or they are of a rehearsal.
    """
    path = folder / RESULTS
    if not path.exists():
        raise NotToPublishError(f"{path} does not exist; name the folder that a session on a device wrote")
    session = json.loads(path.read_text())
    if session["smoke"]:
        raise NotToPublishError(f"{path} is of a rehearsal (--smoke), which measures nothing")
    found = {STATE_MARKER: states(session)}
    for part in session["parts"]:
        found |= tables(part)
    for marker, table in found.items():
        results.publish(marker, session, table, page=page)
    (place / "on-device.json").write_text(path.read_text())
    return list(found)
