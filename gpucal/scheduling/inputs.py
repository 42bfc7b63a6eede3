"""What a user names as inputs, as paths of single exposures."""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from gpucal.core.run.inputs import association_members
from gpucal.data import InputError
from gpucal.data.files.compression import plain_name
from gpucal.data.reading import expand

_WILD = "*?["

# What names of exposures in a directory end in, compressed or not: raw ones, and where there are none, any.
_RAW = ("_uncal.fits", "_uncal.asdf")
_ANY = (".fits",)


def find_inputs(
    words: Iterable[str | Path], input_dir: str | None = None, associations: bool = False
) -> list[Path]:
    """All exposures that a user names.

    Parameters
    ----------
    words : iterable of path
        Files; patterns (``raw/*_uncal.fits``); directories, which stand for their ``*_uncal.fits`` and
        ``*_uncal.asdf`` files or, where there are none, for all their ``.fits`` files, compressed or not;
        associations (``.json``), which stand for their science members; lists (``@name`` or ``name.txt``) with one
        of these on each line, ``#`` before a comment.
    input_dir : str, optional
        Where a relative path starts that is not found from the working directory.
    associations : bool
        Leave associations as they are: what runs takes all members of a product.

    Returns
    -------
    list of Path
        Absolute, in the order in which they are named, each once. A file that is named need not exist: that is
        an error of this exposure, and does not keep the others back.

    Raises
    ------
    InputError
        If nothing is named, a pattern or a directory holds nothing, or a list or association cannot be read.
    """
    start = expand(input_dir) if input_dir else None
    found = [path.absolute() for word in words for path in _exposures(str(word), start)]
    named = found if associations else [exposure for path in found for exposure in _science_of(path)]
    if not named:
        raise InputError("name the exposures to run on: files, patterns, directories, associations or lists")
    return list(dict.fromkeys(named))


def _exposures(word: str, start: Path | None) -> Iterator[Path]:
    if word.startswith("@") or word.lower().endswith(".txt"):
        listed = _located(word.removeprefix("@"), start)
        for line in _lines(listed):
            yield from _named(line, listed.parent)
    else:
        yield from _named(word, start)


def _lines(path: Path) -> list[str]:
    """The lines of a list that hold anything but a comment."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InputError(f"{path}: cannot read this list of exposures ({reason})") from error
    return [line for line in (line.partition("#")[0].strip() for line in lines) if line]


def _named(word: str, start: Path | None) -> list[Path]:
    """The exposures of one word that is no list."""
    path = _located(word, start)
    if path.is_dir():
        return _in_directory(path)
    if any(sign in word for sign in _WILD) and not path.exists():
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        if not found:
            raise InputError(f"{word}: no file has such a name")
        return found
    return [path]


def _science_of(path: Path) -> list[Path]:
    """The science members of an association; any other file is itself."""
    return association_members(path) if path.suffix.lower() == ".json" else [path]


def _located(word: str, start: Path | None) -> Path:
    """A path, from the working directory or, if nothing is there, from another one."""
    path = expand(word)
    if start is None or path.is_absolute() or glob.glob(str(path)) or path.exists():
        return path
    return start / path


def _in_directory(directory: Path) -> list[Path]:
    names = {path: plain_name(path.name) for path in sorted(directory.iterdir())}
    for endings in (_RAW, _ANY):
        if found := [path for path, name in names.items() if name.endswith(endings)]:
            return found
    raise InputError(f"{directory}: this directory holds no .fits file")
