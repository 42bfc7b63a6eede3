"""Tables of spectra, of what was extracted.

Source: the x1d product in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/data_products/science_products.html.
"""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.data.spectrum import Spectrum, layout_of
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.spectra import apertures as weighing
from gpucal.kernels.spectra.lines import ALONG_X
from gpucal.steps.parts.extraction.lines import Result

log = logging.getLogger(__name__)

JANSKY = 1e6  # of a megajansky

# What a spectrum takes over from its slit, if the slit has it.
FROM_SLITS = (
    "slitlet_id", "source_id", "ta_xpos", "ta_ypos", "source_xpos", "source_ypos", "source_ra", "source_dec",
    "shutter_state", "source_name", "source_alias", "source_type", "stellarity", "quadrant", "slit_xscale",
    "slit_yscale", "wavelength_corrected", "pathloss_correction_type", "barshadow_corrected",
)

# Columns that an aperture correction multiplies, and those that its square does.
CORRECTED = ("FLUX", "FLUX_ERROR", "SURF_BRIGHT", "SB_ERROR")
CORRECTED_SQUARE = (
    "FLUX_VAR_POISSON", "FLUX_VAR_RNOISE", "FLUX_VAR_FLAT", "SB_VAR_POISSON", "SB_VAR_RNOISE", "SB_VAR_FLAT",
)

# Columns of a series that have one value for an integration, and the columns of its table of times that they are.
TIMES = {
    "INT_NUM": "integration_number",
    "MJD-BEG": "int_start_MJD_UTC",
    "MJD-AVG": "int_mid_MJD_UTC",
    "MJD-END": "int_end_MJD_UTC",
    "TDB-BEG": "int_start_BJD_TDB",
    "TDB-MID": "int_mid_BJD_TDB",
    "TDB-END": "int_end_BJD_TDB",
}
BY_INTEGRATION = (*TIMES, "N_ALONGDISP", "SEGMENT")


class Calibration(NamedTuple):
    """What the pixels of a slit are.

    Attributes
    ----------
    is_calibrated : bool
        Whether they are fluxes or surface brightness, rather than rates.
    is_flux : bool
        Whether they are fluxes, MJy.
    area : float or (nlines,) float64 array
        Of a pixel, steradian.
    """

    is_calibrated: bool
    is_flux: bool
    area: float | np.ndarray

    @property
    def flux_factor(self) -> float | np.ndarray:
        """From the unit of pixels to that of fluxes."""
        if not self.is_calibrated:
            return 1.0
        return JANSKY if self.is_flux else self.area * JANSKY

    def units(self) -> dict[str, str]:
        """Units of columns."""
        names = ("Jy", "Jy^2", "MJy/sr", "MJy^2 / sr^2")
        flux, flux_square, bright, bright_square = (
            names if self.is_calibrated else ("DN/s", "DN^2 / s^2", "DN/s", "DN^2 / s^2")
        )
        variances = ("POISSON", "RNOISE", "FLAT")
        return {
            "WAVELENGTH": "um",
            "FLUX": flux,
            "FLUX_ERROR": flux,
            **{f"FLUX_VAR_{name}": flux_square for name in variances},
            "SURF_BRIGHT": bright,
            "SB_ERROR": bright,
            **{f"SB_VAR_{name}": bright_square for name in variances},
            "BACKGROUND": bright,
            "BKGD_ERROR": bright,
            **{f"BKGD_VAR_{name}": bright_square for name in variances},
        }


def wavelengths_of(result: Result, number: int) -> np.ndarray:
    """The mean wavelengths of the lines of a slit, micron; NaN where none is known."""
    return wavelengths_of_all(result.placed.of(result.placed.sums, number))


def wavelengths_of_all(sums: np.ndarray) -> np.ndarray:
    """The mean wavelengths of lines, micron, of sums over these; see `gpucal.kernels.spectra.apertures.SUMS`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[weighing.KNOWN] > 0, sums[weighing.WAVELENGTHS] / sums[weighing.KNOWN], np.nan)


def columns_of(result: Result, number: int, calibration: Calibration) -> dict[str, np.ndarray]:
    """The columns of a slit, (nints, nlines) each, but for the wavelengths; before any aperture correction."""
    placed, found = result.placed, result.found
    of = {name: placed.of(values, number) for name, values in found._asdict().items()}
    return columns_from(of, calibration, placed.jobs[number].aperture.is_optimal)


def columns_from(of: dict[str, np.ndarray], calibration: Calibration, is_optimal: bool) -> dict[str, np.ndarray]:
    """The columns of lines, (nints, nlines) each, of what was extracted of these: see `Extracted`."""
    count = np.where(of["npixels"] > 0, of["npixels"], 1.0)
    no_brightness = is_optimal or (calibration.is_calibrated and calibration.is_flux)
    per_pixel = 0.0 if no_brightness else 1.0 / count
    behind = 1.0 / (calibration.area if calibration.is_calibrated and calibration.is_flux else 1.0) / count
    columns = {"FLUX": of["flux"] * calibration.flux_factor}
    columns["SURF_BRIGHT"] = np.zeros_like(count) if no_brightness else of["flux"] / count
    columns["BACKGROUND"] = of["background"] * behind
    for name in ("poisson", "rnoise", "flat"):
        columns[f"FLUX_VAR_{name.upper()}"] = of[f"var_{name}"] * calibration.flux_factor**2
        columns[f"SB_VAR_{name.upper()}"] = of[f"var_{name}"] * per_pixel**2
        columns[f"BKGD_VAR_{name.upper()}"] = of[f"bkg_var_{name}"] * behind**2
    for error, variance in (("FLUX_ERROR", "FLUX_VAR"), ("SB_ERROR", "SB_VAR"), ("BKGD_ERROR", "BKGD_VAR")):
        total = sum(columns[f"{variance}_{name}"] for name in ("POISSON", "RNOISE", "FLAT"))
        columns[error] = np.sqrt(total)
    columns["DQ"] = np.where(np.isnan(columns["FLUX"]), np.uint32(DO_NOT_USE), np.uint32(0))
    columns["NPIXELS"] = of["npixels"]
    return columns


def correct(columns: dict[str, np.ndarray], factors: np.ndarray) -> None:
    """Multiply what an aperture correction is for; the arrays are replaced."""
    for name in CORRECTED:
        columns[name] = columns[name] * factors
    for name in CORRECTED_SQUARE:
        columns[name] = columns[name] * factors**2


def spectrum_of(result: Result, number: int, columns: dict, wavelength, sky, values: dict, units) -> Spectrum:
    """The spectrum of a slit: the lines whose wavelengths are known."""
    known = np.isfinite(wavelength)
    if len(result.placed.jobs[number].slit.shape_of("data")) == 3:
        layout = layout_of("TSOMultiSpecModel")
        table = np.zeros(result.nints, layout.dtype(int(known.sum()), BY_INTEGRATION))
        table["N_ALONGDISP"] = known.sum()
        table["WAVELENGTH"] = wavelength[known]
        for name, column in columns.items():
            table[name] = column[:, known]
    else:
        table = np.zeros(int(known.sum()), layout_of("MultiSpecModel").dtype())
        table["WAVELENGTH"] = wavelength[known]
        for name, column in columns.items():
            table[name] = column[0, known]
    return Spectrum(values, table, units, sky)


def values_of(result: Result, number: int, sky, meta) -> dict:
    """What the header of a spectrum tells of its slit and its aperture."""
    job = result.placed.jobs[number]
    values = {name: job.slit[name] for name in FROM_SLITS if job.slit[name] is not None}
    low, high = limits_of(result, number)
    lines = np.flatnonzero(result.placed.of(result.placed.sums[weighing.WEIGHTS], number) > 0)
    along = (int(lines[0]) + 1, int(lines[-1]) + 1) if len(lines) else (None, None)
    across = (low + 1, high + 1)
    x, y = (along, across) if job.direction == ALONG_X else (across, along)
    values |= {
        "name": job.name,
        "spectral_order": job.order,
        "dispersion_direction": job.direction,
        "detector": meta.instrument.detector,
        "position_angle": job.slit["meta.aperture.position_angle"],
        "extraction_xstart": x[0], "extraction_xstop": x[1],
        "extraction_ystart": y[0], "extraction_ystop": y[1],
    }  # fmt: skip
    if sky is not None:
        values["slit_ra"], values["slit_dec"] = sky
    return {name: value for name, value in values.items() if value is not None}


def limits_of(result: Result, number: int) -> tuple[float, float]:
    """The mean limits of an aperture across the dispersion, pixels from 0, inclusive."""
    job = result.placed.jobs[number]
    aperture, geometry = job.aperture, job.geometry
    if aperture.is_optimal:
        return tuple(int(np.ceil(end)) for end in geometry.across)
    if aperture.has_trace:
        ((low, high),) = aperture.regions
        middle = float(np.nanmean(aperture.trace))
        return middle + low[0], middle + high[0]
    if aperture.source is None:
        ((low, high),) = aperture.regions
        return low[0], high[0]
    if aperture.by_wavelength:
        begin = int(result.placed.lines.table[number, 0])
        variable = current_backend().asnumpy(
            result.placed.wavelength[begin : begin + int(np.prod(geometry.shape))]
        )
    else:
        variable = np.arange(geometry.nlines, dtype=float)
    means = [
        [float(np.nanmean(np.polynomial.polynomial.polyval(variable, limit))) for limit in region]
        for region in aperture.regions
    ]
    return min(low for low, _ in means), max(high for _, high in means)


def sky_of(result: Result, number: int) -> tuple[float, float] | None:
    """Right ascension and declination in the middle of an aperture, degrees; None where they are not known."""
    job, placed = result.placed.jobs[number], result.placed
    sums = placed.of(placed.sums, number)
    weights, nlines = sums[weighing.WEIGHTS], job.geometry.nlines
    total = weights.sum()
    if total > 0:
        along = float((weights * np.arange(nlines)).sum() / total)
        across = float(sums[weighing.PLACES].sum() / total)
    else:
        along, across = (nlines - 1) / 2, (job.geometry.shape[0 if job.geometry.along_x else 1] - 1) / 2
    x, y = job.geometry.xy(along, across)
    world = job.geometry.world_at(np.array([x]), np.array([y]))[:, 0]
    return None if np.isnan(world).any() else (float(world[0]), float(world[1]))


def fill_times(spectra: list[Spectrum], exposure, is_series: bool) -> None:
    """Number the integrations of spectra, and tell their times, as the table of the exposure has them."""
    meta, rows = exposure.meta.exposure, getattr(exposure.model, "int_times", None)
    for spectrum in spectra:
        spectrum.table["SEGMENT"] = 1 if meta.segment_number is None else meta.segment_number
        spectrum.table["INT_NUM"] = np.arange(1, len(spectrum.table) + 1)
        for name in tuple(TIMES)[1:]:
            spectrum.table[name] = np.nan
            spectrum.units[name] = "d"
    if not is_series:
        return
    if rows is None or not len(rows):
        log.warning("There is no table of times: those of integrations are not told")
        return
    first = (meta.integration_start or 1) - 1
    last = (meta.integration_end or meta.nints) - 1
    skipped = first - (int(rows["integration_number"][0]) - 1)
    for spectrum in spectra:
        count = len(spectrum.table)
        if skipped < 0 or last > int(rows["integration_number"][-1]) - 1 or skipped + count > len(rows):
            log.warning("The table of times lacks integrations of the exposure: their times are not told")
            return
    for spectrum in spectra:
        spectrum.values["time_scale"] = "UTC"
        for name, told in TIMES.items():
            spectrum.table[name] = rows[told][skipped : skipped + len(spectrum.table)]
