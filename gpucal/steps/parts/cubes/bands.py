"""Which bands exposures of integral fields cover, which of them make a cube, and what a cube is called.

A band of MIRI is a channel and a sub-band; an exposure has two channels. One of NIRSpec is a grating and a filter.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gpucal.data import InputError, Members
from gpucal.errors import GpucalError

ALL = "all"


class Band(NamedTuple):
    """A band, in lower case.

    Attributes
    ----------
    disperser : str
        The channel of MIRI, such as ``1``; the grating of NIRSpec.
    selector : str
        The sub-band of MIRI, such as ``short``; the filter of NIRSpec.
    """

    disperser: str
    selector: str

    def __str__(self) -> str:
        return f"{self.disperser} {self.selector}"


_SUB_BANDS = (
    "short", "medium", "long",
    "short-medium", "short-long", "medium-short", "medium-long", "long-short", "long-medium",
)  # fmt: skip
_GRATINGS = ("g140m", "g140h", "g235m", "g235h", "g395m", "g395h")

# All bands by instrument, in the order of their cubes.
BANDS = {
    "MIRI": tuple(Band(channel, sub_band) for channel in "1234" for sub_band in _SUB_BANDS),
    "NIRSPEC": (
        *(Band(grating, "f070lp") for grating in _GRATINGS[:2]),
        *(Band(grating, "f100lp") for grating in _GRATINGS[:2]),
        *(Band(grating, "f170lp") for grating in _GRATINGS[2:4]),
        *(Band(grating, "f290lp") for grating in _GRATINGS[4:]),
        Band("prism", "clear"),
        *(Band(grating, "opaque") for grating in ("prism", *_GRATINGS)),
    ),
}

# What is combined in one cube, by ``output_type``, for each instrument that has it.
KINDS = {"MIRI": ("band", "channel", "multi"), "NIRSPEC": ("band", "grating", "multi")}


def instrument_of(members: Members) -> str:
    """The instrument, in capitals.

    Raises
    ------
    InputError
        If it has no integral field.
    """
    instrument = str(members.meta.instrument.name).upper()
    if instrument not in BANDS:
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
    keywords = {"MIRI": ("channel", "band"), "NIRSPEC": ("grating", "filter")}[instrument]
    told = {name.upper(): getattr(meta, name) for name in keywords}
    if missing := [name for name, value in told.items() if value is None]:
        raise InputError(f"{exposure.source}: the header lacks {' and '.join(missing)}, which the band is known by")
    disperser, selector = (str(value).lower() for value in told.values())
    found = tuple(Band(one, selector) for one in (disperser if instrument == "MIRI" else (disperser,)))
    if unknown := [band for band in found if band not in BANDS[instrument]]:
        names = " and ".join(told)
        raise InputError(f"{exposure.source}: {names} tell of {unknown[0]}, which is no band of an integral field")
    return found


def places_by_band(members: Members, instrument: str) -> dict[Band, list[int]]:
    """The places of exposures that cover each band, of those that any covers, in the order of `BANDS`."""
    found: dict[Band, list[int]] = {}
    for place, exposure in enumerate(members):
        for band in bands_of(exposure, instrument):
            found.setdefault(band, []).append(place)
    return {band: found[band] for band in BANDS[instrument] if band in found}


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
    if kind not in KINDS[instrument]:
        raise GpucalError(f"output_type {kind} is not for {instrument}: ask for {', '.join(KINDS[instrument])}")
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
    if instrument == "MIRI":
        channels = "-".join(dict.fromkeys(band.disperser for band in bands))
        told = f"ch{channels}-{''.join(sorted({band.selector for band in bands}, reverse=True))}"
    else:
        before, separator, last = base.rpartition("_")
        base = before if separator and last in ("prism", *_GRATINGS) else base
        told = "-".join(f"{band.disperser}-{band.selector}" for band in bands)
    return f"{base}_{told}{'_internal' if is_internal else ''}"
