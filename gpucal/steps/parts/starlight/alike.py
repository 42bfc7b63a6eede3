"""Whether coronagraphic exposures can be held against each other."""

from collections.abc import Sequence

from gpucal.data import Exposure, InputError

# FITS keywords that exposures have in common, and their places in the metadata tree.
OPTICS = {
    "INSTRUME": "instrument.name",
    "DETECTOR": "instrument.detector",
    "FILTER": "instrument.filter",
    "PUPIL": "instrument.pupil",
    "CORONMSK": "instrument.coronagraph",
    "SUBARRAY": "subarray.name",
    "BUNIT": "bunit_data",
}


def check_same_optics(exposures: Sequence[Exposure]) -> None:
    """See that exposures are of one size, and were taken with the same optics.

    Raises
    ------
    InputError
        If one differs from the first; names both.
    """
    first = exposures[0]
    for exposure in exposures[1:]:
        for keyword, place in OPTICS.items():
            mine, its = _value(first, place), _value(exposure, place)
            if mine != its:
                raise InputError(
                    f"{exposure.source}: {keyword} is {its}, and {mine} in {first.source}: "
                    "one cannot show what the other has of a star"
                )
        mine, its = (one.shape_of("data")[-2:] for one in (first, exposure))
        if mine != its:
            raise InputError(
                f"{exposure.source}: has {its[1]} x {its[0]} pixels, and {first.source} {mine[1]} x {mine[0]}: "
                "they have to be of one size"
            )


def _value(exposure: Exposure, place: str):
    value = exposure.meta
    for name in place.split("."):
        value = getattr(value, name, None)
    return value
