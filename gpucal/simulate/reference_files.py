"""Writing the references that calibrate a simulated detector."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.kernels import dqflags
from gpucal.simulate.response import measured_signal, pixel_coefficients

USE_AFTER = "2022-01-01T00:00:00"
SATURATION_MARGIN = 0.97
LARGEST_SINGLE_FRAME_DARK = 512 * 2**20
FORMAT = 1


@dataclass(frozen=True)
class ReferenceOptions:
    """Which references are written, and in which form.

    Attributes
    ----------
    full_frame : bool
        For a subarray, write full-frame references (mask, saturation, linearity, gain, readnoise) to
        be cut; dark and superbias are always those of the subarray.
    inverse_linearity : bool
        Add the coefficients of the inverse (INV_COEFFS) to the linearity reference.
    averaged_dark : bool or None
        Average the dark as the exposure's groups are. None: only where a dark of single frames would
        be larger than 512 MiB.
    parameters : dict
        Parameter references to serve: full class name of a step or pipeline, such as
        "jwst.jump.jump_step.JumpStep", -> dict of parameters; for a pipeline, "steps" holds those of
        each step by its alias.
    """

    full_frame: bool = False
    inverse_linearity: bool = False
    averaged_dark: bool | None = None
    parameters: dict = field(default_factory=dict)


# What each type is written as, and whether a full-frame reference may serve a subarray.
MODELS = {
    "mask": (datamodels.MaskModel, True),
    "saturation": (datamodels.SaturationModel, True),
    "linearity": (datamodels.LinearityModel, True),
    "gain": (datamodels.GainModel, True),
    "readnoise": (datamodels.ReadnoiseModel, True),
    "superbias": (datamodels.SuperBiasModel, False),
    "dark": (datamodels.DarkModel, False),
    "ipc": (datamodels.IPCModel, True),
}
UNITS = {"gain": "electron / DN", "readnoise": "DN", "superbias": "DN"}


def averages_dark(readout, options):
    """Whether the dark reference is averaged as the groups of the exposure are."""
    if options.averaged_dark is not None:
        return options.averaged_dark
    ny, nx = readout.subarray.shape
    return 4 * readout.total_frames * ny * nx > LARGEST_SINGLE_FRAME_DARK


def reference_name(kind, readout, effects, options):
    """File name of a reference; equal names hold equal data.

    Parameters
    ----------
    kind : str
        Reference type.
    readout : Readout
    effects : Effects
    options : ReferenceOptions

    Returns
    -------
    str
    """
    state = [FORMAT, readout.detector, readout.subarray, effects.detector_state()]
    if kind == "linearity":
        state.append(options.inverse_linearity)
    if kind == "dark":
        state += [readout.frame_time, readout.total_frames]
        if averages_dark(readout, options):
            state += [readout.pattern, readout.ngroups]
    digest = hashlib.sha1(repr(state).encode()).hexdigest()[:12]
    return f"jwst_{readout.detector.instrument.lower()}_{kind}_{digest}.fits"


def write_reference(path, kind, readout, pixels, effects, options):
    """Write one reference file.

    Parameters
    ----------
    path : pathlib.Path
    kind : str
        Reference type, a key of `MODELS`.
    readout : Readout
        Its subarray is the window of `pixels`.
    pixels : Pixels
    effects : Effects
    options : ReferenceOptions
    """
    model_class, _ = MODELS[kind]
    with model_class() as model:
        _FILL[kind](model, readout, pixels, effects, options)
        _describe(model, kind, readout)
        model.save(path, overwrite=True)


def _describe(model, kind, readout):
    detector, subarray = readout.detector, readout.subarray
    keywords = {
        "meta.telescope": "JWST",
        "meta.reftype": kind.upper(),
        "meta.description": f"Simulated {kind} of {detector.name}",
        "meta.author": "gpucal simulate",
        "meta.pedigree": "DUMMY",
        "meta.useafter": USE_AFTER,
        "meta.instrument.name": detector.instrument,
        "meta.instrument.detector": detector.name,
    }
    if kind != "ipc":
        keywords |= {
            "meta.subarray.name": subarray.name,
            "meta.subarray.xstart": subarray.xstart,
            "meta.subarray.ystart": subarray.ystart,
            "meta.subarray.xsize": subarray.xsize,
            "meta.subarray.ysize": subarray.ysize,
            "meta.subarray.fastaxis": detector.fast_axis,
            "meta.subarray.slowaxis": detector.slow_axis,
        }
    if kind in UNITS:
        keywords["meta.bunit_data"] = UNITS[kind]
    for name, value in keywords.items():
        model[name] = value


def _set_flags(model, shape, **maps):
    """Fill the DQ array and its table of definitions from a map for each flag."""
    values = np.zeros(shape, np.uint32)
    table = np.zeros(len(maps), dtype=model.get_dtype("dq_def"))
    for bit, (name, where) in enumerate(maps.items()):
        values[where] |= np.uint32(1 << bit)
        table[bit] = (bit, 1 << bit, name.encode(), name.replace("_", " ").lower().encode())
        if not hasattr(dqflags, name):
            raise ValueError(f"no data quality flag {name}")
    model.dq = values
    model.dq_def = table


def _fill_mask(model, readout, pixels, effects, options):
    dead = pixels.bad["dead"]
    _set_flags(
        model, dead.shape, DO_NOT_USE=dead, DEAD=dead, HOT=pixels.hot, REFERENCE_PIXEL=pixels.reference
    )


def _fill_saturation(model, readout, pixels, effects, options):
    unchecked = pixels.bad["no_sat_check"] | pixels.reference
    margin = np.float32(SATURATION_MARGIN) * pixels.full_well
    threshold = pixels.bias + measured_signal(margin, pixels.full_well, pixels.response)
    if not effects.saturation:
        threshold[:] = 1e5
    threshold[pixels.bad["nan_saturation"]] = np.nan
    model.data = threshold
    _set_flags(model, threshold.shape, NO_SAT_CHECK=unchecked)


def _fill_linearity(model, readout, pixels, effects, options):
    planes = pixel_coefficients(pixels.correction, pixels.full_well)
    planes[:, pixels.reference] = 0
    planes[1, pixels.reference] = 1
    planes[:, pixels.bad["nan_linearity"]] = np.nan
    model.coeffs = planes
    if options.inverse_linearity:
        model.inv_coeffs = pixel_coefficients(pixels.response, pixels.full_well)
    uncorrected = pixels.bad["no_lin_corr"] | pixels.reference
    _set_flags(model, uncorrected.shape, NO_LIN_CORR=uncorrected)


def _fill_gain(model, readout, pixels, effects, options):
    gain = pixels.gain.copy()
    gain[pixels.bad["nan_gain"]] = np.nan
    gain[pixels.bad["negative_gain"]] *= -1
    model.data = gain


def _fill_readnoise(model, readout, pixels, effects, options):
    noise = np.float32(np.sqrt(2)) * pixels.read_noise
    noise[pixels.bad["nan_readnoise"]] = np.nan
    model.data = noise


def _fill_superbias(model, readout, pixels, effects, options):
    model.data = pixels.bias
    model.err = np.zeros_like(pixels.bias)
    _set_flags(model, pixels.bias.shape, UNRELIABLE_BIAS=np.zeros(pixels.bias.shape, bool))
    model.meta.exposure.readpatt = "ANY"


def _fill_dark(model, readout, pixels, effects, options):
    averaged = averages_dark(readout, options)
    nframes, groupgap = (readout.pattern.nframes, readout.pattern.groupgap) if averaged else (1, 0)
    ngroups = readout.ngroups if averaged else readout.total_frames
    frames = np.arange(ngroups) * (nframes + groupgap) + (nframes + 1) / 2
    rate = pixels.dark_rate / pixels.gain
    model.data = rate * (frames * readout.frame_time).astype(np.float32)[:, None, None]
    _set_flags(model, rate.shape, UNRELIABLE_DARK=np.zeros(rate.shape, bool))
    for name, value in {
        "type": "ANY",
        "readpatt": readout.pattern.name if averaged else "ANY",
        "nframes": nframes,
        "groupgap": groupgap,
        "ngroups": ngroups,
        "frame_time": readout.frame_time,
        "group_time": (nframes + groupgap) * readout.frame_time,
        "noutputs": readout.subarray.noutputs,
    }.items():
        model[f"meta.exposure.{name}"] = value


def _fill_ipc(model, readout, pixels, effects, options):
    """Deconvolution kernel: the inverse of the coupling to second order in it."""
    coupling = effects.ipc_coupling
    kernel = np.zeros((3, 3), np.float32)
    kernel[0::2, 0::2] = 2 * coupling**2
    kernel[1, 0::2] = kernel[0::2, 1] = -coupling - 8 * coupling**2
    kernel[1, 1] = 1 - kernel.sum()
    model.data = kernel


_FILL = {
    "mask": _fill_mask,
    "saturation": _fill_saturation,
    "linearity": _fill_linearity,
    "gain": _fill_gain,
    "readnoise": _fill_readnoise,
    "superbias": _fill_superbias,
    "dark": _fill_dark,
    "ipc": _fill_ipc,
}
