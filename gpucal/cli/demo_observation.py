"""The dithered observation of the demo, and how well its mosaic agrees with what was put in."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.stats import mad_std, sigma_clipped_stats
from astropy.table import Table
from astropy.wcs import WCS
from rich.console import Console

from gpucal.errors import GpucalError
from gpucal.pictures.product import read_product
from gpucal.simulate import ImagingOptions, Observation, PointingErrors, observe
from gpucal.simulate.observation import RECORD

EXPOSED = {"detectors": ("NRCALONG",), "subarray": "SUB640", "readpatt": "MEDIUM8", "ngroups": 5, "seed": 1}
POINTING_ERROR = 0.05  # arcsec along each axis, of each exposure by itself
MATCHED = 0.3  # arcsec: a source of the catalog that is no farther from a true one is that one


@dataclass(frozen=True)
class Agreement:
    """How a mosaic agrees with the truth.

    Attributes
    ----------
    catalog : Path
        Of its sources.
    bright : float
        Flux of the source in the middle of those found, microjansky.
    true, found : int
        Sources on the mosaic that are as bright, and how many of them are in the catalog.
    sources, spurious : int
        In the catalog, and how many of these are none.
    shift : float
        By how much the coordinates of all sources are off together, mas.
    residual : float
        Standard deviation of what is left of stars along an axis, from the median deviation, as some blend; mas.
    sky, true_sky : float
        Of the mosaic, and of the darkest exposure, to which the others are matched, MJy/sr.
    """

    catalog: Path
    bright: float
    true: int
    found: int
    sources: int
    spurious: int
    shift: float
    residual: float
    sky: float
    true_sky: float

    def lines(self) -> list[str]:
        """What is told of it."""
        return [
            f"{self.found} of {self.true} sources brighter than {self.bright:.2f} microjansky are found; "
            f"the catalog has {self.sources}, and {self.spurious} of them are none",
            f"positions of stars agree to {self.residual:.1f} mas, but for {self.shift:.1f} mas by which all are off: "
            "the pointing error of the exposure that the others are aligned with",
            f"the sky is {self.sky:.3f} MJy/sr; it was {self.true_sky:.3f} in the darkest exposure",
        ]


def observed(directory: Path, console: Console, **exposed) -> Observation:
    """The observation of the demo, simulated if it is not there yet.

    Parameters
    ----------
    directory : Path
    console : rich.console.Console
    **exposed
        Instead of `EXPOSED`: see `gpucal.simulate.observe`.
    """
    if (directory / RECORD).is_file():
        observation = Observation.load(directory)
        if all(exposure.path.is_file() for exposure in observation.exposures):
            console.print(f"\nThe simulated observation is there already: {directory}")
            return observation
    console.print("\nSimulating four dithered exposures of a field with NRCALONG and F444W, and their references ...")
    options = ImagingOptions(errors=PointingErrors(relative=POINTING_ERROR))
    return observe(directory.resolve(), "dither", options=options, **EXPOSED | exposed)


def measure(observation: Observation, mosaic: Path) -> Agreement:
    """Hold a mosaic and the catalog beside it against the truth.

    Parameters
    ----------
    observation : Observation
    mosaic : Path
        The ``i2d``.

    Returns
    -------
    Agreement

    Raises
    ------
    GpucalError
        No source of the catalog is a true one.
    """
    catalog = mosaic.with_name(mosaic.name.replace("_i2d.fits", "_cat.ecsv"))
    found, truth = Table.read(catalog, format="ascii.ecsv"), observation.sources
    product = read_product(mosaic)
    image = product.image
    truth = truth[_is_covered(truth, image, product.wcs)]
    sky = SkyCoord(found["sky_centroid"])
    index, distance, _ = sky.match_to_catalog_sky(SkyCoord(truth["ra"], truth["dec"], unit="deg"))
    matched = distance < MATCHED * units.arcsec
    if not matched.any():
        raise GpucalError(f"{catalog}: none of its sources is one that was simulated")
    theirs = truth[index[matched]]
    bright = np.median(theirs["flux"])
    stars = theirs["radius"] == 0
    offsets = _offsets(sky[matched], theirs)[:, stars]
    shift = np.median(offsets, axis=1)
    return Agreement(
        catalog,
        bright=float(bright * 1e6),
        true=int(np.count_nonzero(truth["flux"] >= bright)),
        found=int(np.count_nonzero(truth["flux"][np.unique(index[matched])] >= bright)),
        sources=len(found),
        spurious=int(np.count_nonzero(~matched)),
        shift=float(np.hypot(*shift)),
        residual=float(mad_std(offsets - shift[:, None])),
        sky=float(sigma_clipped_stats(image[np.isfinite(image)], sigma=3)[1]),
        true_sky=min(exposure.sky for exposure in observation.science),
    )


def _is_covered(sources: Table, image: np.ndarray, wcs: WCS) -> np.ndarray:
    """Which sources lie where a mosaic has values."""
    x, y = (np.round(axis).astype(int) for axis in wcs.all_world2pix(sources["ra"], sources["dec"], 0))
    ny, nx = image.shape
    inside = (x >= 0) & (x < nx) & (y >= 0) & (y < ny)
    return inside & np.isfinite(image[np.clip(y, 0, ny - 1), np.clip(x, 0, nx - 1)])


def _offsets(sky: SkyCoord, sources: Table) -> np.ndarray:
    """How far coordinates are east and north of the true ones, mas, (2, n)."""
    east = (sky.ra.deg - sources["ra"] + 180) % 360 - 180
    north = sky.dec.deg - sources["dec"]
    return np.array([east * np.cos(np.deg2rad(sources["dec"])), north]) * 3.6e6
