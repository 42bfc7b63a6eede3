"""Small cubes of a star behind a coronagraph: speckles whose light is known between pixels, noise, and bad pixels."""

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DO_NOT_USE

SIZE = 64
WIDTH = 1.3  # sigma of a speckle, pixels: well sampled
NOISE = 0.02


def speckles(shift=(0.0, 0.0), drift=0.0, seed=0, size=SIZE):
    """Light of speckles, moved along x and y; each brighter or fainter than usual by a drift drawn with a seed."""
    places = np.random.default_rng(99)
    radius, angle = places.uniform(3, 22, 60), places.uniform(0, 2 * np.pi, 60)
    light = 30 * places.uniform(0.3, 1, 60) / (1 + (radius / 5) ** 2)
    light *= 1 + drift * np.random.default_rng(seed).standard_normal(60)
    y, x = np.indices((size, size))
    middle = size / 2 - 0.3
    image = np.zeros((size, size))
    for r, a, flux in zip(radius, angle, light, strict=True):
        dx, dy = x - middle - r * np.cos(a) - shift[0], y - middle - r * np.sin(a) - shift[1]
        image += flux * np.exp(-0.5 * (dx**2 + dy**2) / WIDTH**2)
    return image


def cube(images, seed=1, noise=NOISE, bad=0.0):
    """An exposure of NIRCam's coronagraph with these integrations, noise, and a share of bad pixels."""
    rng = np.random.default_rng(seed)
    images = np.asarray(images, float)
    data = images + noise * rng.standard_normal(images.shape)
    dq = ((rng.random(images.shape) < bad) * DO_NOT_USE).astype(np.uint32)
    data[dq > 0] = np.nan
    model = datamodels.CubeModel(data=data.astype(np.float32))
    model.dq, model.err = dq, np.full(images.shape, noise, np.float32)
    model.err[dq > 0] = np.nan
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.channel = "NIRCAM", "NRCALONG", "LONG"
    meta.instrument.filter, meta.instrument.pupil, meta.instrument.coronagraph = "F335M", "MASKRND", "MASKA335R"
    meta.exposure.type, meta.telescope = "NRC_CORON", "JWST"
    meta.observation.date, meta.observation.time = "2023-06-01", "00:00:00"
    subarray = meta.subarray
    subarray.name, subarray.xstart, subarray.ystart = "SUB320A335R", 492, 1502
    subarray.ysize, subarray.xsize = images.shape[1:]
    subarray.fastaxis, subarray.slowaxis = -1, 2
    meta.filename = f"star{seed}_calints.fits"
    meta.bunit_data = meta.bunit_err = "MJy/sr"
    meta.wcsinfo.crpix1 = meta.wcsinfo.crpix2 = images.shape[1] / 2 + 0.7
    return model


def psfmask(size=SIZE):
    """A psfmask that counts all pixels but those behind the mask."""
    y, x = np.indices((size, size))
    weights = 1 - np.exp(-(((x - size / 2) ** 2 + (y - size / 2) ** 2) / 9) ** 2)
    model = datamodels.PsfMaskModel(data=weights.astype(np.float32))
    subarray = model.meta.subarray
    subarray.name, subarray.xstart, subarray.ystart = "SUB320A335R", 492, 1502
    subarray.xsize = subarray.ysize = size
    subarray.fastaxis, subarray.slowaxis = -1, 2
    model.meta.instrument.name, model.meta.instrument.detector = "NIRCAM", "NRCALONG"
    model.meta.reftype = "psfmask"
    return model
