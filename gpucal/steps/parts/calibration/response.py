"""The response to light of each wavelength, relative to the factor from rates to physical units.

Source: the photom reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/reference_files.html.
"""

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.spectra.conversion import conversion_factors, flag_without_factor
from gpucal.kernels.spectra.lookup import pack_tables
from gpucal.kernels.spectra.windows import in_planes
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.calibration.spectral_rates import (
    first_table,
    multiply,
    packing_of_image,
    wavelengths_of,
)

# Wavelengths of which the longest is below this are in meters.
_METERS = 1e-4
_MICRONS = 1e6  # of a meter


def response_of(row, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Wavelengths, micron, from the shortest, and the response at these, of a row of a photom reference.

    Raises
    ------
    ReferenceFileError
        If the reference is one of images, which has neither.
    """
    if "wavelength" not in row.dtype.names:
        raise ReferenceFileError(f"{label}: its table has no wavelengths; it is no photom reference of spectra")
    count = row["nelem"] if "nelem" in row.dtype.names else None
    wavelength, response = (np.atleast_1d(row[name])[:count] for name in ("wavelength", "relresponse"))
    if not np.all(np.diff(wavelength) > 0):
        order = np.argsort(wavelength)
        wavelength, response = wavelength[order], response[order]
    if 0 < wavelength.max(initial=0) < _METERS:
        wavelength = wavelength * np.float32(_MICRONS)
    return wavelength, response


def convert_spectrum(exposure, factor, reference, row: int, inverse: bool) -> None:
    """Multiply the rates of a spectrum by a factor and the response at the wavelength of each pixel, in place.

    Parameters
    ----------
    exposure : Exposure
        An image, or integrations; pixels beyond the wavelengths of the reference are not to be used afterwards.
    factor : float
        The factor.
    reference : Reference
        A photom reference, and ``row`` that of the exposure.
    row : int
        Its row.
    inverse : bool
        Divide.
    """
    table = pack_tables([response_of(reference.table("phot_table")[row], reference.label)])
    packing = packing_of_image(exposure)
    scalar = current_backend().asarray(np.array([factor], np.float64))
    factors = conversion_factors(wavelengths_of(exposure).reshape(-1), table, first_table(), scalar, packing)
    flag_without_factor(in_planes(exposure.dq, packing), factors)
    multiply(exposure, factors, inverse)
