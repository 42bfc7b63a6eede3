"""What takes long to work out, kept on disk as JSON."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress

from gpucal.places import user_cache, write_private


def kept_text(kind: str, key: str, make: Callable) -> str:
    """The JSON of something, made if it is not on disk.

    Parameters
    ----------
    kind : str
        What it is: the name of a folder.
    key : str
        All that it depends on.
    make : callable
        Makes it, of dictionaries, lists, strings and numbers.

    Raises
    ------
    TypeError
        If there is something in it that JSON does not give back as it was.
    """
    path = user_cache() / kind / f"{_digest(key)}.json"
    with suppress(OSError, ValueError):
        text, _, digest = path.read_text().rpartition("\n")
        if digest == _digest(text):
            return text
    made = make()
    text = json.dumps(made)
    if json.loads(text) != made:
        raise TypeError(f"{kind}: JSON does not hold all of it")
    with suppress(OSError):  # the next process does it again
        write_private(path, f"{text}\n{_digest(text)}".encode())
    return text


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()
