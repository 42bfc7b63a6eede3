"""What an aperture leaves out of the light of a point source, along a spectrum.

Source: the apcorr reference file in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/reference_files.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.steps.parts.extraction.source_location import SlitGeometry
from gpucal.wcs.sphere import separation

# What a row has in common with an exposure, by a part of its type: a column, and where the metadata have it.
ROW_KEYS = {
    "LRS": {"subarray": "subarray.name"},
    "MSASPEC": {"filter": "instrument.filter", "grating": "instrument.grating"},
    "FIXEDSLIT": {"filter": "instrument.filter", "grating": "instrument.grating"},
    "BRIGHTOBJ": {"filter": "instrument.filter", "grating": "instrument.grating"},
    "MIR_WFSS": {"subarray": "subarray.name"},
    "WFSS": {"filter": "instrument.filter", "pupil": "instrument.pupil"},
    "NRC_GRISM": {"filter": "instrument.filter", "pupil": "instrument.pupil"},
}

# Exposures whose rows are for one slit, too.
BY_SLIT = ("NRS_FIXEDSLIT", "NRS_BRIGHTOBJ")

# Where a source is between the centres of two pixels, in the middle, since it is not known.
PHASE = 0.5


class NoCorrectionError(GpucalError):
    """There is no aperture correction for a slit; the message says why."""


class ApertureCorrection(NamedTuple):
    """A table of corrections by wavelength and size.

    Attributes
    ----------
    wavelength : (nwavelengths,) float64 array
        Increasing, micron.
    size : (nsizes, nwavelengths) float64 array
        Pixels.
    factor : (nsizes, nwavelengths) float64 array
        All light over that in the aperture.
    beyond : bool
        Whether the first and the last wavelength stand for those beyond; there is no correction there otherwise.
    is_in_pixels : bool
        Whether the reference has sizes in pixels: the correction is one for all slits of its row.
    """

    wavelength: np.ndarray
    size: np.ndarray
    factor: np.ndarray
    beyond: bool
    is_in_pixels: bool = True

    def at(self, wavelength: np.ndarray, npixels: np.ndarray) -> np.ndarray:
        """The factors of elements of spectra, linear in wavelength and size; beyond the sizes that of the last one.

        Parameters
        ----------
        wavelength : (n,) float64 array
        npixels : (..., n) float64 array

        Returns
        -------
        (..., n) float64 array
            1 where there is no correction.
        """
        place = np.interp(wavelength, self.wavelength, np.arange(len(self.wavelength)))
        low = np.minimum(place.astype(int), max(len(self.wavelength) - 2, 0))
        part, high = place - low, np.minimum(low + 1, len(self.wavelength) - 1)
        sizes = self.size[:, low] * (1 - part) + self.size[:, high] * part
        factors = self.factor[:, low] * (1 - part) + self.factor[:, high] * part
        found = _along_first(sizes, factors, npixels)
        inside = (wavelength >= self.wavelength[0]) & (wavelength <= self.wavelength[-1])
        return np.where((inside | self.beyond) & (found != 0), found, 1.0)


def _along_first(points, values, wanted) -> np.ndarray:
    """Linear interpolation, of a table for each element; the first and the last value beyond its points."""
    found = np.broadcast_to(values[0], wanted.shape).copy()
    for lower, upper, low, high in zip(points[:-1], points[1:], values[:-1], values[1:], strict=True):
        part = np.clip((wanted - lower) / (upper - lower), 0.0, 1.0)
        found = np.where(wanted > lower, low + (high - low) * part, found)
    return found


def correction_for(reference, meta, slit, geometry: SlitGeometry, place, by_slit: bool) -> ApertureCorrection:
    """The correction of a slit.

    Parameters
    ----------
    reference : Reference
        The apcorr reference.
    meta : ObjectNode
        Metadata of the exposure.
    slit : Slit
    geometry : SlitGeometry
    place : (float, float, float)
        Right ascension, declination and wavelength where sizes in arcseconds become pixels.
    by_slit : bool
        Whether rows are for one slit.

    Returns
    -------
    ApertureCorrection

    Raises
    ------
    NoCorrectionError
        If the reference has no row for it, or more than one.
    """
    row = _row_for(reference, meta, slit.name if by_slit else None)
    nwavelengths, nsizes = int(row["nelem_wl"]), int(row["nelem_size"])
    is_in_pixels = not str(_size_unit(reference)).startswith("arcsec")
    scale = 1.0 if is_in_pixels else 1.0 / pixel_size(geometry, place)
    wavelength = np.asarray(row["wavelength"], float)
    if "pixphase" in row.dtype.names:
        factor = _at_phase(np.asarray(row["pixphase"], float), np.asarray(row["apcorr"], float))
        size, beyond = np.asarray(row["size"], float) * scale, False
    else:
        wavelength = wavelength[:nwavelengths]
        factor = np.asarray(row["apcorr"], float)[:nwavelengths, :nsizes].T
        size = np.repeat(np.asarray(row["size"], float)[:nsizes, None] * scale, nwavelengths, axis=1)
        beyond = True
    order = np.argsort(wavelength)
    return ApertureCorrection(wavelength[order], size[:, order], factor[:, order], beyond, is_in_pixels)


def _row_for(reference, meta, slit_name: str | None):
    kind = str(meta.exposure.type).upper()
    keys = next((keys for part, keys in ROW_KEYS.items() if part in kind), None)
    if keys is None:
        raise NoCorrectionError(f"there are no aperture corrections for exposures of type {kind}")
    rows = reference.table("apcorr_table")
    wanted = {column: _value(meta, path) for column, path in keys.items()}
    if slit_name is not None:
        wanted["slit"] = slit_name
    for column, value in wanted.items():
        if column in rows.dtype.names:
            told = np.char.upper(np.char.strip(rows[column].astype(str)))
            rows = rows[told == str(value).upper()]
    if len(rows) != 1:
        named = ", ".join(f"{column} {value}" for column, value in wanted.items())
        raise NoCorrectionError(f"{reference.label} has {len(rows) or 'no'} row{'s' * (len(rows) > 1)} for {named}")
    return rows[0]


def _value(meta, path: str):
    node = meta
    for name in path.split("."):
        node = getattr(node, name)
    return node


def _size_unit(reference) -> str:
    return getattr(reference.outline.model, "sizeunit", None) or "pixels"


def _at_phase(phases, factor) -> np.ndarray:
    """Corrections, (..., nphases), at the phase of a source in the middle."""
    place = np.interp(PHASE, phases, np.arange(len(phases)))
    low = min(int(place), max(len(phases) - 2, 0))
    high = min(low + 1, len(phases) - 1)
    return factor[..., low] * (1 - (place - low)) + factor[..., high] * (place - low)


def pixel_size(geometry: SlitGeometry, place) -> float:
    """The size of a pixel across the dispersion, arcseconds, at a place on the sky and a wavelength."""
    back = geometry.program(geometry.world_frame, geometry.first_frame).at(*np.array(place, float).reshape(3, 1))
    x, y = back[:2, 0]
    along, across = geometry.xy(0.0, 1.0)
    to_sky = geometry.program(geometry.first_frame, geometry.world_frame)
    sky = to_sky.at(np.array([x, x + along]), np.array([y, y + across]))[:2].T
    return float(separation(sky[0], sky[1])) * 3600.0
