"""Outliers as a change of an exposure, which can be done again when its pixels are read again."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.errors import GpucalError
from gpucal.kernels.outliers.marking import Planes, mark_outliers, pack_bits

log = logging.getLogger(__name__)


class OutlierMarks(NamedTuple):
    """The outliers of an exposure, a bit for each pixel.

    Attributes
    ----------
    bits : (nbytes,) uint8 array
        On the host; see `gpucal.kernels.outliers.marking.pack_bits`.
    """

    bits: np.ndarray

    @classmethod
    def of(cls, outliers) -> "OutlierMarks":
        """Those of a mask on the backend, of the shape of the exposure."""
        return cls(pack_bits(outliers))

    def __call__(self, exposure) -> None:
        """Flag them DO_NOT_USE and OUTLIER; what is NaN in one plane, or not to be used, becomes both in all."""
        backend, shape = current_backend(), exposure.shape_of("data")
        if not exposure.has("dq"):
            exposure.dq = backend.xp.zeros(shape, np.uint32)
        planes = []
        for name in Planes._fields:
            found = exposure.shape_of(name)
            if found is not None and found != shape:
                log.warning("%s: %s has not the shape of the data, and stays as it is", exposure.source, name)
            planes.append(getattr(exposure, name).reshape(-1) if found == shape else backend.xp.zeros(0, np.float32))
        mark_outliers(backend.asarray(self.bits), exposure.dq.reshape(-1), Planes(*planes))


def mark(members, place: int, outliers) -> None:
    """Mark the outliers of a member, now and whenever its pixels are read again; log how many they are."""
    mark_bits(members, place, OutlierMarks.of(outliers))


def mark_bits(members, place: int, marks: OutlierMarks) -> None:
    """As `mark`, of outliers that are packed."""
    log.info("%s: %d pixels are outliers", members[place].source, int(np.bitwise_count(marks.bits).sum()))
    members.edit(place, marks)


def error_of(exposure):
    """The errors of an exposure.

    Raises
    ------
    GpucalError
        If it has none.
    """
    if not exposure.has("err"):
        raise GpucalError(f"{exposure.source}: outliers are told by their errors, and there is no ERR")
    return exposure.err
