"""Images of coronagraphic exposures without bad pixels, as alignment and subtraction need them."""

from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import array_namespace
from gpucal.kernels.flags.dqflags import NON_SCIENCE
from gpucal.kernels.starlight.cleaning import fill_bad, fill_bad_as_peer
from gpucal.steps.parts.bit_flags import ALL_BITS, bad_bits

# Instruments of which pixels that see no sky become 0, where they are bad.
BLANKED = ("MIRI",)


class Cleaned(NamedTuple):
    """A cube without bad pixels.

    Attributes
    ----------
    data, err : (nimages, ny, nx) float64 array
        Errors are those of the pixels that the values are from, 0 where there are none.
    outside : (nimages, ny, nx) bool array
        Pixels that see no sky.
    is_empty : list of bool
        Of each image, whether it has no good pixel: it is all 0.
    """

    data: np.ndarray
    err: np.ndarray
    outside: np.ndarray
    is_empty: list[bool]


def cleaned(exposure, box: int, bits: str | None) -> Cleaned:
    """The images of an exposure, their bad pixels replaced.

    Parameters
    ----------
    exposure : Exposure
        A cube; not changed.
    box : int
        Side of the box whose good pixels replace a bad one.
    bits : str or None
        Flags of bad pixels, as a parameter names them. NaN is bad, too.
    """
    xp = array_namespace(exposure.data)
    flags = exposure.dq if exposure.has("dq") else xp.zeros(exposure.shape_of("data"), np.uint32)
    err = exposure.err if exposure.has("err") else xp.zeros(exposure.shape_of("data"), np.float32)
    flagged = flags & named_bits(bits, "bad_bits") != 0
    bad = flagged | ~xp.isfinite(exposure.data)
    blanked = bad & (flags & NON_SCIENCE != 0)
    if str(exposure.meta.instrument.name).upper() not in BLANKED:
        blanked = xp.zeros_like(bad)
    data, errors = (xp.empty(exposure.shape_of("data"), np.float64) for _ in range(2))
    for number in range(len(data)):
        data[number] = _filled(exposure.data[number], bad[number], flagged[number], blanked[number], box)
        errors[number] = fill_bad(xp.abs(err[number]), bad[number] | ~xp.isfinite(err[number]), box)
    return Cleaned(data, errors, blanked, [bool(one.all()) for one in bad])


def _filled(image, bad, flagged, blanked, box: int):
    if as_peer():
        xp = array_namespace(image)
        return fill_bad_as_peer(xp.where(blanked, 0, image), bad & ~blanked, flagged, box)
    return fill_bad(image, bad, box)


def named_bits(names: str | None, parameter: str) -> int:
    """The flags that a parameter names, as bits; none for None or an empty text."""
    text = (names or "").strip()
    if text.upper() in ("", "NONE", "INDEF"):
        return 0
    return ALL_BITS & ~bad_bits(text, parameter)
