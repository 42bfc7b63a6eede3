"""The references of simulated guide star exposures."""

from dataclasses import dataclass

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, HOT, NO_FLAT_FIELD
from gpucal.simulate.crds_cache import DETECTOR, READPATT, SUBARRAY, selection_keys

FLAT_ERROR = 0.003
BAD_PIXELS = 0.02  # fraction, of each kind
MARGIN = 3  # pixels that references cover round the exposure, where the detector has them
STACK_OVERLAP = 8  # columns that a stack of strips has more than its gain and read noise references
DQ_DEFINITIONS = [
    (flag.bit_length() - 1, flag, name, "")
    for name, flag in {
        "DO_NOT_USE": DO_NOT_USE,
        "DEAD": DEAD,
        "HOT": HOT,
        "NO_FLAT_FIELD": NO_FLAT_FIELD,
    }.items()
]


@dataclass(frozen=True)
class GuiderPixels:
    """The pixels that an exposure reads.

    Attributes
    ----------
    gain : ndarray (ny, nx), float64
        Electrons per DN.
    read_noise : ndarray (ny, nx), float64
        Of a single read, DN.
    bias : ndarray (ny, nx), float64
        DN.
    flat : ndarray (ny, nx), float64
        Relative response.
    """

    gain: np.ndarray
    read_noise: np.ndarray
    bias: np.ndarray
    flat: np.ndarray


def provide_references(cache, header, pixels, rng):
    """Write the references of a guide star exposure, with bad pixels in them, and make the cache serve them.

    Parameters
    ----------
    cache : CrdsCache
    header : `astropy.io.fits.Header`
        Primary header of the exposure.
    pixels : GuiderPixels
    rng : numpy.random.Generator

    Returns
    -------
    dict
        Reference type -> Path inside the cache.
    """
    paths = {}
    for kind, model in _reference_models(header, pixels, rng).items():
        path = paths[kind] = cache.reference_path(f"jwst_fgs_{kind}_{header['DETECTOR'].lower()}.fits")
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save(path)
    values = {DETECTOR: header["DETECTOR"], SUBARRAY: header["SUBARRAY"], READPATT: "N/A"}
    rows = {
        kind: (tuple(values[key] for key in selection_keys(kind)), path.name) for kind, path in paths.items()
    }
    cache.serve("FGS", rows)
    return paths


def _reference_models(header, pixels, rng):
    """A data model for each type."""
    stacked = header["EXP_TYPE"] == "FGS_ID-STACK"
    margins = (0, 0) if stacked else [min(MARGIN, header[key] - 1) for key in ("SUBSTRT2", "SUBSTRT1")]
    gain, read_noise, flat = (
        np.pad(array, [(margin, margin) for margin in margins], mode="edge").astype(np.float32)
        for array in (pixels.gain, pixels.read_noise, pixels.flat)
    )

    def some():
        return rng.random(flat.shape) < BAD_PIXELS

    flat[some()] = np.nan
    flat[some()] = 0
    if stacked:  # the mean of these two stands for all pixels, so none of them is bad
        gain, read_noise = gain[:, STACK_OVERLAP:].copy(), read_noise[:, STACK_OVERLAP:].copy()
    else:
        for value in (np.nan, 0, -1):
            gain[some()] = value
        read_noise[some()] = np.nan
    models = {
        "mask": _with_flags(datamodels.MaskModel, {DEAD | DO_NOT_USE: some(), HOT: some()}),
        "gain": datamodels.GainModel(data=gain),
        "readnoise": datamodels.ReadnoiseModel(data=read_noise),
        "flat": _with_flags(
            datamodels.FlatModel,
            {NO_FLAT_FIELD: some(), DO_NOT_USE: some()},
            data=flat,
            err=np.full_like(flat, FLAT_ERROR),
        ),
    }
    for model in models.values():
        _place(model, header, margins)
    return models


def _with_flags(model_class, chosen, **arrays):
    """A reference with a DQ array, from the pixels that have each flag, and its table of definitions."""
    model = model_class(**arrays)
    model.dq = sum(np.where(where, flag, 0) for flag, where in chosen.items()).astype(np.uint32)
    model.dq_def = DQ_DEFINITIONS
    return model


def _place(model, header, margins):
    """Say of which part of which detector a reference is."""
    model.meta.instrument.name = "FGS"
    model.meta.instrument.detector = header["DETECTOR"]
    model.meta.description = "Simulated for guide star data"
    subarray, array = model.meta.subarray, getattr(model, model.get_primary_array_name())
    subarray.name = header["SUBARRAY"]
    subarray.ystart, subarray.xstart = header["SUBSTRT2"] - margins[0], header["SUBSTRT1"] - margins[1]
    subarray.ysize, subarray.xsize = array.shape
