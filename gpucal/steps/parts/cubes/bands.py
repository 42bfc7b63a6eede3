"""Which bands exposures of integral fields cover, which of them make a cube, and what a cube is called.

A band of MIRI is a channel and a sub-band; an exposure has two channels. One of NIRSpec is a grating and a filter.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

from collections.abc import Sequence

from gpucal.data import InputError, Members
from gpucal.errors import GpucalError
from gpucal.steps.parts.cubes.units import GRATINGS, UNITS, Band

ALL = "all"


def instrument_of(members: Members) -> str:
    """The instrument, in capitals.

    Raises
    ------
    InputError
        If it has no integral field.
    """
    instrument = str(members.meta.instrument.name).upper()
    if instrument not in UNITS:
        raise InputError(f"{members.source}: cubes are made of exposures of MIRI and NIRSpec, not of {instrument}")
    return instrument


def bands_of(exposure, instrument: str) -> tuple[Band, ...]:
    """The bands of an exposure, by its keywords.

    Raises
    ------
    InputError
        If they tell none that there is.
    """
    meta = exposure.meta.instrument
    unit = UNITS[instrument]
    told = {name.upper(): getattr(meta, name) for name in unit.keywords}
    if missing := [name for name, value in told.items() if value is None]:
        raise InputError(f"{exposure.source}: the header lacks {' and '.join(missing)}, which the band is known by")
    disperser, selector = (str(value).lower() for value in told.values())
    found = tuple(Band(one, selector) for one in (disperser if unit.has_channels else (disperser,)))
    if unknown := [band for band in found if band not in unit.bands]:
        names = " and ".join(told)
        raise InputError(f"{exposure.source}: {names} tell of {unknown[0]}, which is no band of an integral field")
    return found


def places_by_band(members: Members, instrument: str) -> dict[Band, list[int]]:
    """The places of exposures that cover each band, of those that any covers, in the order of `UNITS`."""
    found: dict[Band, list[int]] = {}
    for place, exposure in enumerate(members):
        for band in bands_of(exposure, instrument):
            found.setdefault(band, []).append(place)
    return {band: found[band] for band in UNITS[instrument].bands if band in found}


def chosen_bands(bands: Sequence[Band], dispersers: str, selectors: str) -> list[Band]:
    """The bands that the user asks for.

    Parameters
    ----------
    bands : sequence of Band
        Those that exposures cover.
    dispersers, selectors : str
        What each has to be; ``all`` allows any.

    Raises
    ------
    GpucalError
        If none is left.
    """
    made = [
        band
        for band in bands
        if dispersers.lower() in (ALL, band.disperser) and selectors.lower() in (ALL, band.selector)
    ]
    if not made:
        there = ", ".join(map(str, bands))
        raise GpucalError(f"no exposure covers {dispersers} and {selectors}, as was asked for; they cover: {there}")
    return made


def bands_of_cubes(bands: Sequence[Band], kind: str, instrument: str) -> list[list[Band]]:
    """The bands of each cube.

    Parameters
    ----------
    bands : sequence of Band
        Of all.
    kind : str
        ``band`` and, for NIRSpec, ``grating``: a cube for each band. ``channel``: one for each channel. ``multi``: one.
    instrument : str
        In capitals.

    Raises
    ------
    GpucalError
        If the instrument has no cubes of this kind.
    """
    kinds = UNITS[instrument].kinds
    if kind not in kinds:
        raise GpucalError(f"output_type {kind} is not for {instrument}: ask for {', '.join(kinds)}")
    if kind == "multi":
        return [list(bands)]
    if kind == "channel":
        channels = dict.fromkeys(band.disperser for band in bands)
        return [[band for band in bands if band.disperser == channel] for channel in channels]
    return [[band] for band in bands]


def name_of_cube(base: str, bands: Sequence[Band], instrument: str, is_internal: bool) -> str:
    """The name of a cube without suffix.

    Parameters
    ----------
    base : str
        The name of the product or exposure. A grating at its end is told once.
    bands : sequence of Band
        Of the cube.
    instrument : str
        In capitals.
    is_internal : bool
        Whether its axes are those of the slicer.
    """
    if UNITS[instrument].has_channels:
        channels = "-".join(dict.fromkeys(band.disperser for band in bands))
        told = f"ch{channels}-{''.join(sorted({band.selector for band in bands}, reverse=True))}"
    else:
        before, separator, last = base.rpartition("_")
        base = before if separator and last in ("prism", *GRATINGS) else base
        told = "-".join(f"{band.disperser}-{band.selector}" for band in bands)
    return f"{base}_{told}{'_internal' if is_internal else ''}"
