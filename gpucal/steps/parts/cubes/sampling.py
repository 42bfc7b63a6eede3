"""How a cube is sampled, and how pixels are weighted in it: from the reference ``cubepar`` and the user's parameters.

Source: the reference files of ``cube_build`` in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/reference_files.html.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.parts.cubes.units import UNITS, Band

log = logging.getLogger(__name__)

DRIZZLE, MSM, EMSM = "drizzle", "msm", "emsm"

# So many files the regions of influence of the reference are made for; with fewer they are larger by this factor.
USUAL_FILES, FEWER_FILES_FACTOR = 4, 1.5

# The columns of a weighting: spatial and spectral region of influence, and what is special to it.
_WEIGHT_COLUMNS = {
    DRIZZLE: (),
    MSM: ("roispatial", "roispectral", "power", "softrad"),
    EMSM: ("roispatial", "roispectral", "scalerad"),
}


class Weights(NamedTuple):
    """How far pixels reach, and how their weights fall off: a number, or an array with one for each plane.

    Attributes
    ----------
    rois, roiw : float or array
        Regions of influence: radius, arcsec, and half width, micrometres.
    power, softrad, scalerad : float or array
        Of the modified Shepard methods; NaN where they have no meaning.
    """

    rois: object = np.nan
    roiw: object = np.nan
    power: object = np.nan
    softrad: object = np.nan
    scalerad: object = np.nan


class Sampling(NamedTuple):
    """The sampling of one cube.

    Attributes
    ----------
    spaxel : float
        The side of a spaxel, arcsec.
    step : float or None
        Between planes, micrometres; None where the table below tells the planes.
    wavemin, wavemax : float
        The range of wavelengths, micrometres.
    table : (nz,) float64 array or None
        Wavelengths of the planes, where they are not equidistant.
    weights : Weights
        Those of the points.
    """

    spaxel: float
    step: float | None
    wavemin: float
    wavemax: float
    table: np.ndarray | None
    weights: Weights

    @property
    def is_linear(self) -> bool:
        """Whether planes are equidistant."""
        return self.table is None


class Wishes(NamedTuple):
    """Parameters of the user; zero and None stand for what the reference says.

    Attributes
    ----------
    weighting : str
        ``drizzle``, ``msm`` or ``emsm``.
    linear_wave : bool
        Whether planes are to be equidistant.
    scalexy, scalew, rois, roiw, weight_power : float
        Spaxels (arcsec), planes (micrometres), regions of influence (arcsec, micrometres), power of distance.
    wavemin, wavemax : float or None
        The range of wavelengths, micrometres.
    """

    weighting: str
    linear_wave: bool
    scalexy: float
    scalew: float
    rois: float
    roiw: float
    weight_power: float
    wavemin: float | None
    wavemax: float | None


def sampling_of(reference: Reference, instrument: str, bands: Sequence[Band], nfiles: int, wishes: Wishes) -> Sampling:
    """The sampling of a cube.

    Parameters
    ----------
    reference : Reference
        Of type ``cubepar``.
    instrument : str
        In capitals.
    bands : sequence of Band
        Of the cube.
    nfiles : int
        How many exposures it is made of, counted once for each of its bands.
    wishes : Wishes
        What the user asks for.

    Raises
    ------
    ReferenceFileError
        If the reference lacks a band, a table, or all numbers of one.
    GpucalError
        If the range of wavelengths is empty.
    """
    usual = [_row(reference, "ifucubepars_table", instrument, band) for band in bands]
    special = _WEIGHT_COLUMNS[wishes.weighting]
    weights = [
        _row(reference, f"ifucubepars_{wishes.weighting}_table", instrument, band) if special else {} for band in bands
    ]
    spaxels, steps = (np.array([row[name] for row in usual]) for name in ("spaxelsize", "spectralstep"))
    wavemin = min(row["wavemin"] for row in usual) if wishes.wavemin is None else float(wishes.wavemin)
    wavemax = max(row["wavemax"] for row in usual) if wishes.wavemax is None else float(wishes.wavemax)
    if not wavemin < wavemax:
        raise GpucalError(
            f"the cube would reach from {wavemin:g} to {wavemax:g} micrometres: ask for another wavemin or wavemax"
        )
    spaxel = wishes.scalexy or float(spaxels[0 if (spaxels == spaxels[0]).all() else spaxels.argmin()])
    step = wishes.scalew or (float(steps[0]) if (steps == steps[0]).all() else None)
    for name, value in {"spaxelsize": spaxel, "spectralstep": step if wishes.linear_wave else None}.items():
        if value is not None and not value > 0:
            raise ReferenceFileError(f"cubepar reference {reference.label}: {name} of {bands[0]} is {value:g}")
    if wishes.linear_wave and step is None:
        log.warning("The bands have different steps of wavelength: the planes are those of the table of the reference")
    if wishes.linear_wave and step is not None:
        smallest = int(spaxels.argmin())
        made = _one_weight(weights, special, smallest, nfiles, wishes)
        _check_weights(reference, made, wishes.weighting)
        return Sampling(spaxel, step, wavemin, wavemax, None, made)
    table, made = _table_of(reference, instrument, bands, (wavemin, wavemax), nfiles, wishes.weighting)
    if special and (wishes.rois or wishes.roiw):
        log.warning("rois and roiw are not used: those of a cube without equidistant planes are in the reference")
    return Sampling(spaxel, None, wavemin, wavemax, table, made)


def _one_weight(rows, special, smallest: int, nfiles: int, wishes: Wishes) -> Weights:
    """Weights that are the same at all wavelengths."""
    if not special:
        return Weights()
    taken = rows if wishes.scalew else rows[:1]
    found = {name: min(row[name] for row in taken) for name in special}
    found["roispatial"] = rows[smallest]["roispatial"]
    rois = wishes.rois or found["roispatial"]
    if not wishes.rois and nfiles < USUAL_FILES and wishes.weighting != EMSM:
        rois *= FEWER_FILES_FACTOR
        log.info("Fewer than %d files: the region of influence is enlarged to %g arcsec", USUAL_FILES, rois)
    return Weights(
        rois,
        wishes.roiw or found["roispectral"],
        wishes.weight_power or found.get("power", np.nan),
        found.get("softrad", np.nan),
        found.get("scalerad", np.nan),
    )


def _check_weights(reference: Reference, weights: Weights, weighting: str) -> None:
    """See that weights have a reach, and can be calculated."""
    lengths = {DRIZZLE: (), MSM: ("rois", "roiw"), EMSM: ("rois", "roiw", "scalerad")}[weighting]
    numbers = {DRIZZLE: (), MSM: ("softrad", "power"), EMSM: ()}[weighting]
    useless = [name for name in lengths if not getattr(weights, name) > 0]
    useless += [name for name in numbers if np.isnan(getattr(weights, name))]
    if useless:
        raise ReferenceFileError(
            f"cubepar reference {reference.label}: has no {', '.join(useless)} above zero for the bands of the cube; "
            "choose another weighting, or give rois, roiw or weight_power"
        )


def _table_of(reference, instrument, bands, limits, nfiles: int, weighting: str) -> tuple[np.ndarray, Weights]:
    """The wavelengths of planes by the reference, and weights of each."""
    name = f"ifucubepars_{_kind_of_table(instrument, bands)}_{'driz' if weighting == DRIZZLE else weighting}_wavetable"
    wavelengths = np.asarray(_column(reference, name, "wavelength"), np.float64)
    if not (np.diff(wavelengths) > 0).all():
        raise ReferenceFileError(f"cubepar reference {reference.label}: {name} has wavelengths that do not increase")
    own = _within(wavelengths, *limits)
    values = {
        column: np.asarray(_column(reference, name, column), np.float64)[own] for column in _WEIGHT_COLUMNS[weighting]
    }
    empty = [column for column, array in (values | {"wavelength": wavelengths[own]}).items() if np.isnan(array).all()]
    if empty:
        raise ReferenceFileError(f"cubepar reference {reference.label}: {name} is NaN throughout in {', '.join(empty)}")
    if weighting == DRIZZLE:
        return wavelengths[own], Weights()
    rois = values["roispatial"] * (FEWER_FILES_FACTOR if nfiles < USUAL_FILES else 1.0)
    nothing = np.full(len(rois), np.nan)
    rest = (values.get(column, nothing) for column in ("power", "softrad", "scalerad"))
    return wavelengths[own], Weights(rois, values["roispectral"], *rest)


def _kind_of_table(instrument: str, bands: Sequence[Band]) -> str:
    if UNITS[instrument].has_channels:
        return "multichannel"
    return {"p": "prism", "m": "med", "h": "high"}["p" if bands[-1].disperser == "prism" else bands[-1].disperser[-1]]


def _within(wavelengths: np.ndarray, least: float, most: float) -> slice:
    """The entries from the one at or below a limit to the one at or above another, as far as there are such."""
    first, last = (int(np.abs(wavelengths - limit).argmin()) for limit in (least, most))
    if first > 1 and wavelengths[first] > least:
        first -= 1
    if last < len(wavelengths) - 1 and most > wavelengths[last]:
        last += 1
    return slice(first, last + 1)


def _row(reference: Reference, name: str, instrument: str, band: Band) -> dict[str, float]:
    """The numbers of a band in a table; of several rows the last."""
    keys = [
        np.char.lower(np.char.strip(np.asarray(_column(reference, name, key), str))) for key in UNITS[instrument].keys
    ]
    rows = np.flatnonzero((keys[0] == band.disperser) & (keys[1] == band.selector))
    if not len(rows):
        raise ReferenceFileError(f"cubepar reference {reference.label}: {name} has no row for {band}")
    table = reference.table(name)
    row = table[rows[-1]]
    others = [column for column in table.dtype.names if column.lower() not in UNITS[instrument].keys]
    return {column.lower(): float(row[column]) for column in others}


def _column(reference: Reference, name: str, column: str) -> np.ndarray:
    """A column of a table, whatever the case of its name."""
    table = reference.table(name)
    if table is None:
        raise ReferenceFileError(f"cubepar reference {reference.label}: has no table {name}")
    for own in table.dtype.names:
        if own.lower() == column:
            return table[own]
    raise ReferenceFileError(
        f"cubepar reference {reference.label}: its table {name} has no column {column}; is it of another instrument?"
    )
