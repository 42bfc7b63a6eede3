"""Which fixed slits an exposure sees."""

from gpucal.errors import GpucalError
from gpucal.wcs.modes.nirspec.open_slits import FIXED_SLITS, OpenSlit, number_of_fixed_slit

# Fixed slits stand beside the shutters, in a quadrant of their own.
QUADRANT = 5

BRIGHT_OBJECT_SLIT = "S1600A1"

# The slit of a subarray; others see all slits.
SLIT_OF_SUBARRAY = {
    "SUBS200A1": "S200A1",
    "SUBS200A2": "S200A2",
    "SUBS400A1": "S400A1",
    "SUBS200B1": "S200B1",
    **dict.fromkeys(("SUB2048", "SUB512", "SUB512S", "SUB1024A", "SUB1024B"), BRIGHT_OBJECT_SLIT),
}


def fixed_slits_of(exposure, ymin: float, ymax: float) -> list[OpenSlit]:
    """The slits that the subarray of an exposure sees, on either detector.

    Parameters
    ----------
    exposure : Exposure
        Its FXD_SLIT tells in which slit the target is.
    ymin, ymax : float
        Ends of the slits, in units of their length from the centre.

    Raises
    ------
    GpucalError
        If the header does not tell the subarray.
    """
    subarray = exposure.meta.subarray.name
    if subarray is None:
        raise GpucalError(f"{exposure.source}: the header lacks SUBARRAY, which tells the slits")
    only = SLIT_OF_SUBARRAY.get(subarray.upper())
    primary = exposure.meta.instrument.fixed_slit or "NONE"
    return [fixed_slit(name, ymin, ymax, primary) for name in FIXED_SLITS if only in (None, name)]


def fixed_slit(name: str, ymin: float, ymax: float, primary: str) -> OpenSlit:
    """A fixed slit.

    Parameters
    ----------
    name : str
        One of `gpucal.wcs.modes.nirspec.open_slits.FIXED_SLITS`.
    ymin, ymax : float
        Its ends.
    primary : str
        The slit in which the target is, whose source is number 1. In another one it is ten times the number of that
        slit, and its own number.
    """
    number = FIXED_SLITS[name]
    return OpenSlit(
        name=name,
        shutter_id=number - 1,
        ymin=ymin,
        ymax=ymax,
        quadrant=QUADRANT,
        source_id=1 if name == primary else 10 * FIXED_SLITS.get(primary, 0) + number,
        slit_id=number_of_fixed_slit(name),
    )
