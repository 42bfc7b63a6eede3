"""The slices of an integral field, each as if it were the image of a slit."""

from collections.abc import Iterator

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE


class FieldSlice:
    """The part of an exposure that holds a slice: pixels of others are none of science.

    Arrays that are read are copies; of those that are set, what belongs to the slice goes to the exposure.

    Parameters
    ----------
    exposure : Exposure
        Of an integral field.
    number : int
        The slice.
    box : tuple of slice
        Rows and columns about it.
    """

    def __init__(self, exposure, number: int, box: tuple[slice, slice]):
        inside = exposure.ifu_slices.labels[box] == number
        self.__dict__.update(exposure=exposure, number=number, box=box, inside=inside)

    def __getitem__(self, name: str):
        """A piece of metadata, such as ``meta.wcsinfo.dispersion_direction``."""
        value = self.exposure
        for part in name.split("."):
            value = getattr(value, part)
        return value

    def has(self, name: str) -> bool:
        """Whether there is such an array."""
        return self.exposure.has(name)

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The shape of an array; None where it is not as large as the exposure."""
        whole = self.exposure.shape_of(name)
        return self.inside.shape if whole is not None and whole == self.exposure.shape_of("data") else None

    def __getattr__(self, name: str):
        part = getattr(self.exposure, name)[self.box].copy()
        if name == "dq":
            part[~self.inside] |= np.uint32(DO_NOT_USE | NON_SCIENCE)
        return part

    def __setattr__(self, name: str, part):
        getattr(self.exposure, name)[self.box][self.inside] = part[self.inside]


def field_slices(exposure) -> Iterator[FieldSlice]:
    """The slices of an exposure that have pixels, by their numbers."""
    labels = current_backend().asnumpy(exposure.ifu_slices.labels, TABLES)
    for number in exposure.ifu_slices.numbers:
        rows, columns = (np.flatnonzero((labels == number).any(axis=axis)) for axis in (1, 0))
        yield FieldSlice(exposure, number, tuple(slice(int(p[0]), int(p[-1]) + 1) for p in (rows, columns)))
