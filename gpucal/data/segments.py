"""An exposure in segments: where memory has no room for the whole, steps work on some integrations at a time.

An exposure of the observatory may come in segments: files that hold some of its integrations, and say which in
INTSTART and INTEND. A block of integrations is such a segment.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from gpucal.backend import Backend, current_backend
from gpucal.backend.traffic import EXPOSURE
from gpucal.data.exposure import Exposure

# Arrays with an image, or a ramp, for each integration. All others belong to the exposure as a whole.
BY_INTEGRATION = ("data", "err", "groupdq", "refout", "zeroframe")


class Segments:
    """The segments of an exposure, one after another, and what steps made of them.

    Parameters
    ----------
    exposure : Exposure
        Ramps, on the host, which is the backend in use. All segments share its metadata, but for the numbers of
        integrations: what a step writes into those of a segment stands in the exposure. Segments have no tables.
    size : int
        Integrations of a segment.
    """

    def __init__(self, exposure: Exposure, size: int):
        self.exposure = exposure
        self.size = size
        self._given = {name: getattr(exposure, name) for name in exposure.array_names if exposure.has(name)}
        self._made = {}

    def __iter__(self) -> Iterator[slice]:
        """The integrations of each segment."""
        nints = len(self.exposure.data)
        return (slice(first, min(first + self.size, nints)) for first in range(0, nints, self.size))

    @contextmanager
    def open(self, integrations: slice) -> Iterator[Exposure]:
        """One segment as an exposure, inside a ``with`` block. Its arrays go to the backend in use when they are used.

        Arrays that are not by integration, such as flags of pixels, are copies of their state before the first segment.
        """
        model = type(self.exposure.model)()
        model._instance["meta"] = self.exposure.kept_meta
        for name, array in self._given.items():
            model._instance[name] = array[integrations] if name in BY_INTEGRATION else array.copy()
        keywords = self.exposure.meta.exposure
        before = keywords.integration_start, keywords.integration_end
        first = (before[0] or 1) + integrations.start
        keywords.integration_start = first
        keywords.integration_end = first + integrations.stop - integrations.start - 1
        try:
            yield Exposure(model, self.exposure.source)
        finally:
            keywords.integration_start, keywords.integration_end = before

    def take_back(self, segment: Exposure, integrations: slice, device: Backend) -> None:
        """Bring what steps made of a segment back to the host.

        Parameters
        ----------
        segment : Exposure
            On another backend.
        integrations : slice
            Which integrations it holds.
        device : Backend
            Where it lives.
        """
        for name, array in segment.arrays.items():
            host = device.asnumpy(array, EXPOSURE)
            if name in BY_INTEGRATION:
                self._whole(name, host)[integrations] = host
            elif name == "pixeldq" and name in self._made:
                self._made[name] |= host
            else:
                self._made[name] = host

    def _whole(self, name: str, part):
        """The exposure's array of all integrations; made, in the type of a segment's array, if it has none."""
        if name not in self._given and name not in self._made:
            shape = len(self.exposure.data), *part.shape[1:]
            self._made[name] = current_backend().xp.zeros(shape, part.dtype)
        return self._given.get(name, self._made.get(name))

    def finish(self) -> None:
        """Give the exposure its results: flags of pixels joined from all segments, other arrays from the last one."""
        for name, array in self._made.items():
            setattr(self.exposure, name, array)


def first_integration(exposure):
    """The number of the first integration, counted from zero: not zero where the file is a later segment (INTSTART)."""
    return (exposure.meta.exposure.integration_start or 1) - 1


def superstripes_of(meta) -> int:
    """Number of superstripe positions of an exposure; zero if it was not read in superstripes."""
    return max(0, getattr(meta.subarray, "num_superstripe", None) or 0)


def unit_of(exposure) -> int:
    """How many integrations a segment must not divide: one, or a round of superstripes."""
    return superstripes_of(exposure.meta) or 1
