"""Whether exposures are calibrated, and can be combined."""

from gpucal.data import InputError, Members

# What exposures of one product have in common: FITS keywords, and their places in the metadata tree.
ALIKE = {"INSTRUME": ("instrument", "name"), "GRATING": ("instrument", "grating"), "BUNIT": ("bunit_data",)}


def check_alike(members: Members) -> None:
    """See that exposures are of one instrument and grating, and in one unit.

    Raises
    ------
    InputError
        If two are not; names them.
    """
    for keyword, place in ALIKE.items():
        found: dict = {}
        for exposure in members:
            value = exposure.meta
            for name in place:
                value = getattr(value, name, None)
            found.setdefault(value, exposure.source)
        if len(found) > 1:
            (one, first), (other, second) = list(found.items())[:2]
            raise InputError(f"{second}: {keyword} is {other}, and {one} in {first}: they cannot be combined")


def check_calibrated(members: Members) -> None:
    """See that exposures come from stage 2: they have world coordinates.

    Raises
    ------
    InputError
        If some have none; names the first.
    """
    rates = [exposure.source for exposure in members if not exposure.has_wcs]
    if rates:
        others = f", nor have {len(rates) - 1} others" if len(rates) > 1 else ""
        raise InputError(
            f"{rates[0]}: has no world coordinates{others}: stage 3 takes what stage 2 has calibrated (cal); "
            "run stage 2 (calwebb_image2 or calwebb_spec2) on the rates first"
        )
