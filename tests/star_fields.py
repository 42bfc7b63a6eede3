"""Dithered images of a field of stars with pointing errors: coordinates, and what is found on each, without pixels."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.table import Table
from stdatamodels.jwst import datamodels

from gpucal.startup.wcs_tree import object_of
from gpucal.wcs import frames
from gpucal.wcs.documents import read_document
from gpucal.wcs.footprint import footprint, s_region
from gpucal.wcs.nodes import bounding_box
from gpucal.wcs.telescope import Pointing, aberration, to_sky
from gpucal.wcs.world import Wcs

DISTORTION = Path(__file__).parent / "files" / "references" / "jwst_nircam_distortion_0090.asdf"
RA, DEC, ROLL = 0.01, -27.8, 33.0  # the field lies across right ascension zero
SIZE = 2048
ABERRATION = 1.00005


class Dither(NamedTuple):
    """Where an image lies, and how far the pointing in its header is off: arcsec, and arcsec of roll."""

    east: float = 0.0
    north: float = 0.0
    error_east: float = 0.0
    error_north: float = 0.0
    error_roll: float = 0.0


DITHERS = (
    Dither(),
    Dither(6.3, -2.1, 0.31, -0.22, 5.0),
    Dither(-4.7, 5.5, -0.44, 0.18, -7.0),
    Dither(3.1, 8.9, 0.12, 0.41, 3.0),
)


class Image(NamedTuple):
    """An image, as its header has it.

    Attributes
    ----------
    pointing : Pointing
    wcs : Wcs
    x, y : (n,) float64 array
        The stars found on it, pixels.
    """

    pointing: Pointing
    wcs: Wcs
    x: np.ndarray
    y: np.ndarray


class Field(NamedTuple):
    """Images, and right ascension and declination of all stars, degrees."""

    images: list[Image]
    ra: np.ndarray
    dec: np.ndarray


def field(dithers=DITHERS, *, nstars: int = 300, extent: float = 100, noise: float = 0.02, seed: int = 3) -> Field:
    """Images of stars up to so many arcsec from the middle of a field.

    On each image nine of ten stars are found, with noise, pixels.
    """
    rng = np.random.default_rng(seed)
    east, north = rng.uniform(-extent, extent, size=(2, nstars)) / 3600
    ra, dec = (RA + east / np.cos(np.deg2rad(DEC))) % 360, DEC + north
    images = []
    for dither in dithers:
        x, y = pixels_of(coordinates(pointing(dither.east, dither.north)), ra, dec)
        seen = (x > 0) & (x < SIZE - 1) & (y > 0) & (y < SIZE - 1) & (rng.random(nstars) < 0.9)
        found = np.array([x[seen], y[seen]]) + rng.normal(0, noise, size=(2, seen.sum()))
        told = pointing(dither.east + dither.error_east, dither.north + dither.error_north, dither.error_roll)
        images.append(Image(told, coordinates(told), *found))
    return Field(images, ra, dec)


def pointing(east: float, north: float, roll: float = 0.0) -> Pointing:
    """A pointing off the middle of the field by so many arcsec."""
    ra = (RA + east / 3600 / np.cos(np.deg2rad(DEC))) % 360
    return Pointing(90.1, -491.4, ra, DEC + north / 3600, ROLL + roll / 3600)


@cache
def distortion():
    """From pixels to the field of view, where there are pixels."""
    node = read_document(DISTORTION)["model"]
    edges = (-0.5, SIZE - 0.5)
    node["bounding_box"] = bounding_box(x0=edges, x1=edges)
    return node


def coordinates(told: Pointing) -> Wcs:
    """The coordinates of an image with this pointing."""
    planes = (frames.plane(name, ("v2", "v3"), "arcsec") for name in ("v2v3", "v2v3vacorr"))
    return Wcs(
        (frames.plane("detector", ("x", "y"), "pixel"), *planes, frames.sky()),
        (distortion(), aberration(ABERRATION, told), to_sky(told)),
    )


def pixels_of(wcs: Wcs, ra, dec):
    """Where stars are on an image: the way back of real distortions is good to some thousandths of a pixel only."""
    target = wcs.program("world", "v2v3").at(ra, dec)
    aim = target
    for _ in range(4):
        pixels = wcs.program("v2v3", "detector").at(*aim)
        aim = aim + target - wcs.program("detector", "v2v3").at(*pixels)
    return pixels


def model_of(image: Image, number: int, shape=(8, 8)):
    """A data model of an image, the exposure of this number of a visit, with fewer pixels than its coordinates."""
    model = datamodels.ImageModel(shape)
    meta = model.meta
    meta.filename = f"jw01234001001_02101_{number:05d}_nrcalong_cal.fits"
    meta.instrument.name, meta.instrument.detector, meta.exposure.type = "NIRCAM", "NRCALONG", "NRC_IMAGE"
    meta.instrument.channel, meta.instrument.module, meta.instrument.filter = "LONG", "A", "F444W"
    meta.observation.date, meta.observation.time = "2022-07-01", "00:00:00.000"
    observation = {
        "program_number": "01234", "observation_number": "001", "visit_number": "001", "visit_group": "02",
        "sequence_id": "1", "activity_id": "01", "exposure_number": str(number),
    }  # fmt: skip
    for name, value in observation.items():
        setattr(meta.observation, name, value)
    for name, value in (image.pointing._asdict() | {"v3yangle": 0.2, "vparity": -1}).items():
        setattr(meta.wcsinfo, name, value)
    meta.wcsinfo.s_region = s_region(footprint(image.wcs))
    meta.velocity_aberration.scale_factor = ABERRATION
    model._instance["meta"]["wcs"] = image.wcs.to_tree()
    return model


def with_object(model):
    """A data model whose coordinates are an object of gwcs, as every program knows them."""
    model._instance["meta"]["wcs"] = object_of(model._instance["meta"]["wcs"])
    return model


def models_of(made: Field, folder: Path) -> list:
    """Data models of images, each with a catalogue of its stars in a folder, which the header names."""
    models = []
    for number, image in enumerate(made.images, start=1):
        model = model_of(image, number)
        path = folder / f"stars_{number}.ecsv"
        Table({"x": image.x, "y": image.y}).write(path, overwrite=True)
        model.meta.tweakreg_catalog = str(path)
        models.append(model)
    return models
