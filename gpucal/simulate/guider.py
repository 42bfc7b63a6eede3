"""Simulating the exposures of the guide star functions: pairs of reads of one star."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data.writing import make_output_directory
from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.detectors import detector_named
from gpucal.simulate.guider_references import GuiderPixels, provide_references

STAR_RATE = 3e4  # DN/s, in all
STAR_WIDTH = 1.2  # pixels, one sigma
FLAT_SPREAD = 0.03
READS_AT_AN_END = 4  # of a fine guide integration
SATURATED = 65535

# The tables that come with the exposures of a function.
TABLES = {
    "FGS_ID-IMAGE": ("planned_star_table", "flight_star_table"),
    "FGS_ID-STACK": ("planned_star_table", "flight_star_table"),
    "FGS_TRACK": ("pointing_table", "centroid_table", "track_sub_table"),
    "FGS_FINEGUIDE": ("pointing_table", "centroid_table"),
}
TABLE_ROWS = 5


@dataclass(frozen=True)
class GuideStarSimulation:
    """A simulated guide star exposure and what belongs to it.

    Attributes
    ----------
    exposure : Path
        The level-1b file.
    references : dict
        Reference type -> Path.
    cache : CrdsCache
        It serves the references.
    rate : ndarray (ny, nx), float64
        Count rate of the star before the flat field, DN/s.
    """

    exposure: Path
    references: dict
    cache: CrdsCache
    rate: np.ndarray

    def crds(self):
        """Context manager: CRDS uses the cache of this simulation."""
        return crds_environment(self.cache.environment())


def simulate_guide_star(directory, template, nints=None, shape=None, seed=1):
    """Simulate an exposure of a guide star function, with its references and the cache that serves them.

    Parameters
    ----------
    directory : path-like
        Where the exposure and the cache are written.
    template : path-like
        Level-1b file of the function, of which only the headers count.
    nints : int, optional
        Integrations, by default those of the template.
    shape : tuple of int, optional
        Rows and columns, by default those of the template.
    seed : int

    Returns
    -------
    GuideStarSimulation
    """
    rng = np.random.default_rng(seed)
    directory = make_output_directory(directory)
    with fits.open(template) as hdus:
        primary, science, tree = hdus[0].header.copy(), hdus["SCI"].header.copy(), hdus["ASDF"].copy()
    if shape is not None:
        primary["SUBSIZE2"], primary["SUBSIZE1"] = shape
    primary["NINTS"] = nints or primary["NINTS"]
    pixels = _draw_pixels(primary, rng)
    rate = _star(pixels.flat.shape)
    path = directory / primary["FILENAME"]
    hdus = [
        fits.PrimaryHDU(header=primary),
        _science_hdu(science, _reads(primary, pixels, rate, rng)),
        *_tables(primary, rng),
    ]
    fits.HDUList([*hdus, tree]).writeto(path, overwrite=True)
    cache = CrdsCache(directory / "crds_cache")
    references = provide_references(cache, primary, pixels, rng)
    return GuideStarSimulation(path, references, cache, rate)


def _draw_pixels(header, rng):
    detector = detector_named(header["DETECTOR"])
    shape = (header["SUBSIZE2"], header["SUBSIZE1"])
    return GuiderPixels(
        gain=rng.normal(detector.gain, 0.02 * detector.gain, shape),
        read_noise=rng.normal(1, 0.1, shape) * detector.read_noise / detector.gain,
        bias=rng.normal(detector.bias, 100, shape),
        flat=rng.normal(1, FLAT_SPREAD, shape),
    )


def _star(shape):
    """A round star in the middle."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    distance = (y - (shape[0] - 1) / 2) ** 2 + (x - (shape[1] - 1) / 2) ** 2
    return STAR_RATE / (2 * np.pi * STAR_WIDTH**2) * np.exp(-0.5 * distance / STAR_WIDTH**2)


def _read_times(header):
    """When the reads of an integration are made, seconds."""
    if header["EXP_TYPE"] != "FGS_FINEGUIDE":
        return np.arange(header["NGROUPS"]) * header["TGROUP"]
    at_an_end = np.arange(READS_AT_AN_END) * header["TFRAME"]
    return np.concatenate([at_an_end, header["TGROUP"] + at_an_end])


def _reads(header, pixels, rate, rng):
    """Raw reads, uint16 array (nints, ngroups, ny, nx)."""
    intervals = np.diff(_read_times(header), prepend=0)
    arriving = (rate * pixels.flat * pixels.gain)[None] * intervals[:, None, None]
    charge = rng.poisson(arriving, (header["NINTS"], *arriving.shape)).cumsum(axis=1)
    reads = pixels.bias + charge / pixels.gain + rng.normal(0, pixels.read_noise, charge.shape)
    return np.clip(np.rint(reads), 0, SATURATED).astype(np.uint16)


def _science_hdu(header, reads):
    for keyword in ("BSCALE", "BZERO", "EXTVER"):
        header.remove(keyword, ignore_missing=True)
    return fits.ImageHDU(reads, header, name="SCI")


def _tables(header, rng):
    """The tables of the function, one extension each."""
    model = datamodels.GuiderRawModel()
    return [
        fits.BinTableHDU(
            _table(model.get_dtype(name), rng), name=model.schema["properties"][name]["fits_hdu"]
        )
        for name in TABLES.get(header["EXP_TYPE"], ())
    ]


def _table(dtype, rng):
    """A table with something in each column."""
    table = np.zeros(TABLE_ROWS, dtype)
    for name in dtype.names:
        values = rng.uniform(-100, 100, TABLE_ROWS)
        table[name] = np.abs(values).astype(int).astype("S") if dtype[name].kind in "SU" else values
    return table
