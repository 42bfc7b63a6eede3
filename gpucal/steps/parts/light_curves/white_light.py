"""The light of all wavelengths in each integration, for each spectral order and detector.

Source: the ``white_light`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/white_light/description.html.
"""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gpucal.data.spectrum import Spectrum

log = logging.getLogger(__name__)

# Detectors that names of columns tell even where there is but one.
NAMED_DETECTORS = ("NRS1", "NRS2")


class Curve(NamedTuple):
    """The light of one order on one detector, in order of time; each a (n,) float64 array.

    Attributes
    ----------
    mjd, bjd : array
        Times of the middle of integrations, MJD (UTC) and BJD (TDB).
    flux, error : array
        Sums, and their errors.
    """

    mjd: np.ndarray
    bjd: np.ndarray
    flux: np.ndarray
    error: np.ndarray

    @classmethod
    def of(cls, spectrum: Spectrum, limits: tuple[float, float]) -> "Curve":
        """The sums of a spectrum between two wavelengths, micron; integrations without a time are left out."""
        mjd = np.asarray(spectrum.column("MJD-AVG"), float)
        known = np.isfinite(mjd)
        wavelength = spectrum.column("WAVELENGTH")[known]
        inside = (wavelength >= limits[0]) & (wavelength <= limits[1])
        flux = np.where(inside, spectrum.column("FLUX")[known], np.nan)
        error = np.where(inside, spectrum.column("FLUX_ERROR")[known], np.nan)
        bjd = np.asarray(spectrum.column("TDB-MID"), float)[known]
        return cls(mjd[known], bjd, np.nansum(flux, axis=1), np.sqrt(np.nansum(error**2, axis=1)))

    def in_order(self) -> "Curve":
        """In order of time; of several integrations at one time, the first."""
        _, places = np.unique(self.mjd, return_index=True)
        return Curve(*(column[places] for column in self))


def curves_of(spectra: Sequence[Spectrum], limits_of: Callable) -> dict[tuple, Curve]:
    """The light curve of each detector and order.

    Parameters
    ----------
    spectra : sequence of Spectrum
        Tables with a row for each integration; those of one detector and order follow each other in time, or are mixed.
    limits_of : callable
        Gives the least and the largest wavelength of a spectral order, micron.

    Returns
    -------
    dict of (detector, order) to Curve
        In order of first appearance. Times that are not known, or are there a second time, are told in the log.
    """
    parts: dict[tuple, list[Curve]] = {}
    given: dict[tuple, int] = {}
    for spectrum in spectra:
        name = spectrum["detector"], spectrum["spectral_order"]
        parts.setdefault(name, []).append(Curve.of(spectrum, limits_of(name[1])))
        given[name] = given.get(name, 0) + len(spectrum.table)
    curves = {}
    for name, pieces in parts.items():
        whole = Curve(*map(np.concatenate, zip(*pieces, strict=True)))
        curves[name] = whole.in_order()
        if lost := given[name] - len(curves[name].mjd):
            log.warning(
                "Order %s: %d of %d integrations are left out, as their time (MJD-AVG) is not known or is that of one "
                "before", name[1], lost, given[name],
            )  # fmt: skip
    return curves


def table_columns(curves: dict[tuple, Curve]) -> dict[str, np.ndarray]:
    """The columns of a table of light curves.

    Times of each detector, and the light of each order at these; NaN where an order has none at a time, and below the
    last time of a detector that has fewer than another.

    Parameters
    ----------
    curves : dict of (detector, order) to Curve

    Returns
    -------
    dict of str to (n,) float64 array
    """
    detectors = list(dict.fromkeys(detector for detector, _ in curves))
    orders = list(dict.fromkeys(order for _, order in curves))
    times = {
        one: _joined([curve for (detector, _), curve in curves.items() if detector == one])
        for one in detectors
    }
    length = max((len(mjd) for mjd, _ in times.values()), default=0)
    columns = {}
    for detector, (mjd, bjd) in times.items():
        is_named = len(detectors) > 1 or str(detector).upper() in NAMED_DETECTORS
        of_detector = f"_{detector}" if is_named else ""
        columns[f"MJD_UTC{of_detector}"] = _padded(mjd, length)
        columns[f"BJD_TDB{of_detector}"] = _padded(bjd, length)
        for order in orders:
            of_order = f"_order_{order}" if len(orders) > 1 else ""
            flux = np.full(length, np.nan)
            if (curve := curves.get((detector, order))) is not None:
                flux[np.searchsorted(mjd, curve.mjd)] = curve.flux
            columns[f"whitelight_flux{of_order}{of_detector}"] = flux
    return columns


def _joined(curves: Sequence[Curve]) -> tuple[np.ndarray, np.ndarray]:
    """All times of several curves, in order."""
    mjd = np.concatenate([curve.mjd for curve in curves])
    bjd = np.concatenate([curve.bjd for curve in curves])
    mjd, places = np.unique(mjd, return_index=True)
    return mjd, bjd[places]


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([values, np.full(length - len(values), np.nan)])
