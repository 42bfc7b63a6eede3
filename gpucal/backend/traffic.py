"""Count the bytes that cross between the host and the backend, by what they are.

`Backend.asarray` and `Backend.asnumpy` are the only ways across, and they count here. On the cpu backend nothing
is copied, and what would cross is counted all the same. Each thread has counts of its own, so that exposures that
are worked on side by side do not mix.
"""

import threading
from collections import Counter
from typing import NamedTuple

EXPOSURE = "exposure"
"""Arrays of an exposure: ramps, flags, zero frames."""

REFERENCES = "references"
"""Arrays of reference files."""

PRODUCTS = "products"
"""Arrays that are saved, or handed to the user."""

TABLES = "tables"
"""All other arrays: small ones that a step makes on one side and uses on the other."""


class Traffic(NamedTuple):
    """Bytes that crossed, by what they were.

    Attributes
    ----------
    to_device, to_host : Counter of str
        Bytes in each direction of `EXPOSURE`, `REFERENCES`, `PRODUCTS` and `TABLES`.
    """

    to_device: Counter
    to_host: Counter

    def since(self, before: "Traffic") -> "Traffic":
        """What crossed after ``before`` was taken."""
        return Traffic(self.to_device - before.to_device, self.to_host - before.to_host)


class _Counts(threading.local):
    def __init__(self):
        self.to_device, self.to_host = Counter(), Counter()


_counts = _Counts()


def count_to_device(what: str, nbytes: int) -> None:
    """Take note of bytes that go to the backend."""
    _counts.to_device[what] += nbytes


def count_to_host(what: str, nbytes: int) -> None:
    """Take note of bytes that come to the host."""
    _counts.to_host[what] += nbytes


def traffic() -> Traffic:
    """All that has crossed in this thread until now."""
    return Traffic(_counts.to_device.copy(), _counts.to_host.copy())
