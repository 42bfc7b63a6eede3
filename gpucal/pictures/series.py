"""Series of integrations: light curves of tables, and spectra by time; read with astropy alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

SPECTRA_OF_SERIES = "TSOMultiSpecModel"

# How columns of light begin, by the column of times that goes with them.
PHOTOMETRY, WHITE_LIGHT, TIMES = "net_aperture_sum", "whitelight_flux", "MJD_UTC"


@dataclass(frozen=True)
class Curve:
    """Values by time.

    Attributes
    ----------
    name : str
    time : (n,) float64 array
        MJD.
    values, errors : (n,) float64 array
        Errors may be None.
    """

    name: str
    time: np.ndarray
    values: np.ndarray
    errors: np.ndarray | None = None


@dataclass(frozen=True)
class Spectrogram:
    """Spectra of integrations, relative to the median of all.

    Attributes
    ----------
    name : str
        Of the order and detector.
    time : (nints,) float64 array
        MJD.
    wavelength : (n,) float64 array
        Micron, in rising order.
    relative : (nints, n) float64 array
    """

    name: str
    time: np.ndarray
    wavelength: np.ndarray
    relative: np.ndarray


@dataclass(frozen=True)
class SeriesPicture:
    """What is drawn of a series.

    Attributes
    ----------
    spectrograms : tuple of Spectrogram
    panels : tuple of (str, tuple of Curve)
        Curves that share a panel, and what is on its axis.
    """

    spectrograms: tuple[Spectrogram, ...]
    panels: tuple[tuple[str, tuple[Curve, ...]], ...]


def read_series(path: Path) -> SeriesPicture | None:
    """What is drawn of a table of a light curve (phot, whtlt), or of spectra of integrations.

    None of anything else, and of what cannot be read: others tell what is wrong with it.
    """
    if path.suffix == ".ecsv":
        return _of_table(path)
    try:
        with fits.open(path) as hdus:
            if hdus[0].header.get("DATAMODL") != SPECTRA_OF_SERIES:
                return None
            tables = [(hdu.header, hdu.data) for hdu in hdus if hdu.name == "EXTRACT1D"]
            return _of_spectra(tables) if sum(len(data) for _, data in tables) > 1 else None
    except OSError:
        return None


def _of_table(path: Path) -> SeriesPicture | None:
    try:
        table = Table.read(path, format="ascii.ecsv")
    except (OSError, ValueError):
        return None
    if PHOTOMETRY in table.colnames:
        return SeriesPicture((), _photometry_panels(table))
    light = [name for name in table.colnames if name.startswith(WHITE_LIGHT)]
    if not light:
        return None
    curves = []
    for name in light:
        detector = name.rpartition("_")[2]
        time = table[f"{TIMES}_{detector}" if f"{TIMES}_{detector}" in table.colnames else TIMES]
        curves.append(_relative(name, np.asarray(time, float), _plain(table[name])))
    return SeriesPicture((), (("light / median", tuple(curves)),))


def _photometry_panels(table: Table):
    time = np.asarray(table["MJD"], float)

    def curve(name, column, about=None):
        values = _plain(table[column])
        return Curve(name, time, values if about is None else values - np.nanmedian(values))

    panels = [("light / median", (_relative("star", time, *map(_plain, _with_error(table, PHOTOMETRY))),))]
    if np.isfinite(_plain(table["annulus_mean"])).any():
        unit = table["annulus_mean"].unit
        panels.append((f"background, {unit} per pixel", (curve("mean of the ring", "annulus_mean"),)))
    if "centroid_x" in table.colnames:
        moved = tuple(curve(name, f"centroid_{name}", True) for name in "xy")
        panels.append(("place - median, pixels", moved))
    if "psf_width_x" in table.colnames:
        panels.append(("width, pixels", tuple(curve(name, f"psf_width_{name}") for name in "xy")))
    return tuple(panels)


def _of_spectra(tables) -> SeriesPicture:
    groups: dict[tuple, list] = {}
    for header, data in tables:
        key = header.get("DETECTOR"), header.get("SPORDER"), data["FLUX"].shape[1]
        groups.setdefault(key, []).append(data)
    spectrograms, curves = [], []
    for (detector, order, _), parts in groups.items():
        name = " ".join(str(one) for one in (detector, order and f"order {order}") if one)
        time = np.concatenate([part["MJD-AVG"] for part in parts]).astype(float)
        flux = np.concatenate([part["FLUX"] for part in parts]).astype(float)
        wavelength = parts[0]["WAVELENGTH"][0].astype(float)
        in_time, rising = np.argsort(time, kind="stable"), np.argsort(wavelength)
        flux = flux[in_time]
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = flux / _median_over_time(flux)
        spectrograms.append(Spectrogram(name, time[in_time], wavelength[rising], relative[:, rising]))
        curves.append(_relative(name, time[in_time], np.nansum(flux, axis=1)))
    return SeriesPicture(tuple(spectrograms), (("light / median", tuple(curves)),))


def _median_over_time(flux):
    known = np.isfinite(flux).any(axis=0)
    median = np.full(flux.shape[1], np.nan)
    median[known] = np.nanmedian(flux[:, known], axis=0)
    return median


def _with_error(table, name):
    return table[name], table[f"{name}_err"]


def _plain(column) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(column, float), np.nan)


def _relative(name: str, time, values, errors=None) -> Curve:
    """A curve in units of its median."""
    middle = np.nanmedian(values) if np.isfinite(values).any() else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        return Curve(name, time, values / middle, None if errors is None else errors / abs(middle))
