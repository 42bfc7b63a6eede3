"""Whether a cube has the brightness that was painted, and its spectrum the source."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from bench.truth.slits.measures import SpectrumTruth, measure_spectrum
from gpucal.simulate import CubeObservation

FAR = 0.9  # arcsec from a point source, where its light does not count
NEAR_LINE = 6.0  # sigmas


@dataclass(frozen=True)
class CubeTruth:
    """What is extended in a cube, against the truth.

    Attributes
    ----------
    brightness : float
        Median of measured / true of the mean over spaxels away from the point source, over wavelengths away from lines.
    scatter : float
        Half of the interval that holds 68% of it.
    slope : float
        Of single voxels, measured against true by least squares: 1 where the shape of the field is right.
    """

    brightness: float
    scatter: float
    slope: float


def measure_source(observation: CubeObservation, path: Path) -> SpectrumTruth:
    """Hold the spectrum of the point source in an ``x1d`` product against the truth.

    Parameters
    ----------
    observation : CubeObservation
    path : Path
    """
    with fits.open(path) as hdus:
        return measure_spectrum(hdus["EXTRACT1D"], "point", "POINT", observation.scene.point.spectrum)


def measure_field(observation: CubeObservation, path: Path) -> CubeTruth:
    """Hold what is extended in an ``s3d`` product against the truth.

    Parameters
    ----------
    observation : CubeObservation
        With its sky in the cube, so that no background was subtracted.
    path : Path
    """
    with fits.open(path) as hdus:
        data, header = hdus["SCI"].data, hdus["SCI"].header
    east, north = _places(header, data.shape[1:], observation.target)
    wavelengths = header["CRVAL3"] + (np.arange(len(data)) + 1 - header["CRPIX3"]) * header["CDELT3"]
    point, field = observation.scene.point, observation.scene.field
    away = np.hypot(east - point.east, north - point.north) > FAR
    plain = _away_from_lines(wavelengths, point.spectrum.lines + field.cloud.lines)
    measured = data[plain][:, away]
    true = field.brightness(east[away], north[away], wavelengths[plain][:, None])
    good = np.isfinite(measured) & (measured != 0)
    enough = good.mean(axis=1) > 0.3
    measured, true, good = measured[enough], true[enough], good[enough]
    means = [np.sum(np.where(good, one, 0), axis=1) / good.sum(axis=1) for one in (measured, true)]
    ratio = means[0] / means[1]
    low, high = np.percentile(ratio, [16, 84])
    slope = np.polyfit(true[good], measured[good], 1)[0]
    return CubeTruth(float(np.median(ratio)), float((high - low) / 2), float(slope))


def _places(header, shape, target):
    """Arcsec east and north of the target, of spaxels."""
    y, x = np.indices(shape, float)
    ra, dec = WCS(header, naxis=2).pixel_to_world_values(x, y)
    return (ra - target[0]) * np.cos(np.deg2rad(target[1])) * 3600, (dec - target[1]) * 3600


def _away_from_lines(wavelengths, lines):
    return np.all([np.abs(wavelengths - line.wavelength) > NEAR_LINE * line.sigma for line in lines], axis=0)
