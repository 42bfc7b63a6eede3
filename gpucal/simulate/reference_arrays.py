"""The arrays and keywords of each reference that calibrates a simulated detector.

Formats: reference file pages of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/references_general.html.
"""

from dataclasses import dataclass, field

import numpy as np

from gpucal.simulate.response import pixel_coefficients

SATURATION_MARGIN = 0.97
NO_SATURATION = 1e5
LARGEST_SINGLE_FRAME_DARK = 512 * 2**20


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


@dataclass(frozen=True)
class Contents:
    """What a reference file holds.

    Attributes
    ----------
    arrays : dict
        Extension name -> array.
    flags : dict or None
        Name of each data quality flag -> bool map, for a reference with a DQ array.
    keywords : dict
        Primary keywords beside those that all references have; of an ASDF file, metadata by name.
    unit : str or None
        BUNIT of the SCI extension.
    tables : dict
        Extension name -> structured array.
    tree : dict
        What an ASDF file holds beside its metadata; one with a tree is no FITS file.
    """

    arrays: dict
    flags: dict | None = None
    keywords: dict = field(default_factory=dict)
    unit: str | None = None
    tables: dict = field(default_factory=dict)
    tree: dict = field(default_factory=dict)


def averages_dark(readout, options):
    """Whether the dark reference is averaged as the groups of the exposure are."""
    if options.averaged_dark is not None:
        return options.averaged_dark
    ny, nx = readout.subarray.shape
    return 4 * readout.total_frames * ny * nx > LARGEST_SINGLE_FRAME_DARK


def mask(readout, pixels, effects, options):
    """Dead, hot and reference pixels."""
    dead = pixels.bad["dead"]
    flags = {"DO_NOT_USE": dead, "DEAD": dead, "HOT": pixels.hot, "REFERENCE_PIXEL": pixels.reference}
    return Contents({}, flags)


def saturation(readout, pixels, effects, options):
    """Raw signal just below that of a full well."""
    threshold = pixels.counts(np.float32(SATURATION_MARGIN) * pixels.full_well)
    if not effects.saturation:
        threshold[:] = NO_SATURATION
    threshold[pixels.bad["nan_saturation"]] = np.nan
    return Contents({"SCI": threshold}, {"NO_SAT_CHECK": pixels.bad["no_sat_check"] | pixels.reference})


def linearity(readout, pixels, effects, options):
    """Coefficients of the correction, and of its inverse if wanted."""
    planes = pixel_coefficients(pixels.correction, pixels.scale)
    planes[:, pixels.reference] = 0
    planes[1, pixels.reference] = 1
    planes[:, pixels.bad["nan_linearity"]] = np.nan
    arrays = {"COEFFS": planes}
    if options.inverse_linearity:
        arrays["INV_COEFFS"] = pixel_coefficients(pixels.response, pixels.scale)
    return Contents(arrays, {"NO_LIN_CORR": pixels.bad["no_lin_corr"] | pixels.reference})


def gain(readout, pixels, effects, options):
    """Electrons per DN."""
    values = pixels.gain.copy()
    values[pixels.bad["nan_gain"]] = np.nan
    values[pixels.bad["negative_gain"]] *= -1
    return Contents({"SCI": values}, unit="ELECTRONS/DN")


def readnoise(readout, pixels, effects, options):
    """Noise of the difference of two reads, DN."""
    noise = np.float32(np.sqrt(2)) * pixels.read_noise
    noise[pixels.bad["nan_readnoise"]] = np.nan
    return Contents({"SCI": noise}, unit="DN")


def superbias(readout, pixels, effects, options):
    """Bias, exactly."""
    arrays = {"SCI": pixels.bias, "ERR": np.zeros_like(pixels.bias)}
    flags = {"UNRELIABLE_BIAS": np.zeros(pixels.bias.shape, bool)}
    return Contents(arrays, flags, {"READPATT": "ANY"}, "DN")


def dark(readout, pixels, effects, options):
    """Accumulated dark signal of each frame, or of each group if it is averaged."""
    averaged = averages_dark(readout, options)
    nframes, groupgap = (readout.pattern.nframes, readout.pattern.groupgap) if averaged else (1, 0)
    ngroups = readout.ngroups if averaged else readout.total_frames
    frames = np.arange(ngroups) * (nframes + groupgap) + (nframes + 1) / 2
    rate = pixels.dark_rate / pixels.gain
    keywords = {
        "EXP_TYPE": "ANY",
        "READPATT": readout.pattern.name if averaged else "ANY",
        "NFRAMES": nframes,
        "GROUPGAP": groupgap,
        "NGROUPS": ngroups,
        "TFRAME": readout.frame_time,
        "TGROUP": (nframes + groupgap) * readout.frame_time,
        "NOUTPUTS": readout.subarray.noutputs,
    }
    signal = rate * (frames * readout.frame_time).astype(np.float32)[:, None, None]
    return Contents({"SCI": signal}, {"UNRELIABLE_DARK": np.zeros(rate.shape, bool)}, keywords, "DN")


def ipc(readout, pixels, effects, options):
    """Deconvolution kernel: the inverse of the coupling to second order in it."""
    coupling = effects.ipc_coupling
    kernel = np.zeros((3, 3), np.float32)
    kernel[0::2, 0::2] = 2 * coupling**2
    kernel[1, 0::2] = kernel[0::2, 1] = -coupling - 8 * coupling**2
    kernel[1, 1] = 1 - kernel.sum()
    return Contents({"SCI": kernel})
