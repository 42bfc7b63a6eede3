"""Dithered exposures of the same stars, and integrations of one, with hits of cosmic rays in known places."""

import math

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE
from gpucal.wcs.pixel_map import PixelMap
from tests.dithered_images import calibrated

SIZE = (110, 100)
PLANES = ("data", "err", "var_poisson", "var_rnoise", "var_flat")


def observed(size=SIZE, sky=0.0):
    """Three dithered exposures of the same stars, and what hits add to them.

    Levels of the sky differ, and headers tell them.
    """
    models = [calibrated(number, size).copy() for number in range(3)]
    wcses = [Exposure(model.copy()).get_wcs() for model in models]
    count, hits = size[0] * size[1] // 600, []
    stars = np.random.default_rng(5).uniform((-20, -20, 0.5), (size[0] + 20, size[1] + 20, 3.5), (count, 3))
    for number, (model, wcs) in enumerate(zip(models, wcses, strict=True)):
        x, y = PixelMap.between(wcs, wcses[0], size[::-1]).program.at(*np.indices(size[::-1])[::-1])
        brightness = np.full(x.shape, 2.0 + sky * number)
        for at_x, at_y, flux in stars:
            near = np.hypot(x - at_x, y - at_y) < 8
            brightness[near] += 10**flux * np.exp(-((x[near] - at_x) ** 2 + (y[near] - at_y) ** 2) / 2.2)
        hits.append(_expose(model, brightness, np.random.default_rng(100 + number)))
        if sky:
            model.meta.background.level, model.meta.background.subtracted = sky * number + 0.1, False
    return models, np.array(hits)


def integrations(kind, nints=14):
    """Integrations of a detector that drifts a little, with hits."""
    model = datamodels.CubeModel(data=np.zeros((nints, 40, 50), np.float32))
    model.update(calibrated(0))
    model.meta.exposure.type, model.meta.exposure.nints = kind, nints
    model.meta.subarray.xsize, model.meta.subarray.ysize = 50, 40
    y, x = np.indices((40, 50))
    star = 300 * np.exp(-((x - 25) ** 2 + (y - 20) ** 2) / 8)
    _expose(model, 2 + star * (1 + 1e-3 * np.sin(np.arange(nints)))[:, None, None], np.random.default_rng(3))
    return model


def _expose(model, brightness, rng):
    """Write noise, hits and flags into a model of a brightness; the hits."""
    shape = model.data.shape
    model.var_poisson, model.var_rnoise = brightness / 100, rng.uniform(0.008, 0.012, shape)
    model.var_flat = (0.002 * brightness) ** 2
    model.err = np.sqrt(model.var_poisson + model.var_rnoise + model.var_flat)
    hits = np.zeros(shape)
    for place in rng.integers(0, np.array(shape) - 3, (math.prod(shape) // 700, len(shape))):
        hits[(*place[:-2], slice(place[-2], place[-2] + 2), slice(place[-1], place[-1] + 3))] += 10 ** rng.uniform(0, 2)
    model.data = brightness + rng.normal(0, 1, shape) * model.err + hits
    model.dq = rng.choice([0] * 200 + [4, DO_NOT_USE, NON_SCIENCE], shape).astype(np.uint32)
    bad = model.dq & DO_NOT_USE != 0
    for name in PLANES:
        getattr(model, name)[bad] = np.nan
    return hits

