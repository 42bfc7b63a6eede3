"""The references of MIRI's medium-resolution spectrometer: written into a CRDS cache, and served.

Layouts: https://jwst-pipeline.readthedocs.io, the reference files of assign_wcs, flat_field, fringe and photom.
"""

from pathlib import Path

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.references import DQ_DEFINITION_TYPE, write_tree
from gpucal.simulate.spectra.ifu.cross_artifact import mrsxartcorr
from gpucal.simulate.spectra.ifu.fringes import fringefreq, fringes
from gpucal.simulate.spectra.ifu.mrs_apertures import write_apcorr, write_extract1d
from gpucal.simulate.spectra.ifu.mrs_cube_parameters import cubepar
from gpucal.simulate.spectra.ifu.mrs_optics import mrs_optics, reference_bytes
from gpucal.simulate.spectra.ifu.mrs_settings import (
    ARCSEC_SR,
    CHANNEL,
    CHANNELS,
    KIND,
    RANGES,
    SHAPE,
    MrsSetting,
)
from gpucal.simulate.spectra.ifu.spectral_leak import mrsptcorr
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.simulate.spectra.spectral_references import Setting, of_model, rng_of, write_and_serve
from gpucal.startup.lazy import datamodels

LEVELS = np.arange(0.1, 0.95, 0.1)  # of throughput: the planes of the map of slices
FLAT_SPREAD, FLAT_ERROR, FRINGE_ERROR, PHOTOM_ERROR = 0.01, 0.002, 0.003, 0.01
BAD_SHARE = 5e-4
REFERENCE_COLUMNS = 4  # on both sides
FIRST_DAY, SOFTENING, POWER = 59720.0, 30.0, -0.08  # MJD, days
NODES = 4  # of the change with time, wavelengths
_FLAGS = [(0, DO_NOT_USE, "DO_NOT_USE", ""), (19, NO_FLAT_FIELD, "NO_FLAT_FIELD", "")]


def provide_mrs_references(cache: CrdsCache, setting: MrsSetting) -> dict[str, Path]:
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    setting : MrsSetting

    Returns
    -------
    dict
        Reference type -> path.
    """
    name = setting.name
    makers = {
        "distortion": (name, "asdf", _copy(f"mrs{name}_distortion")),
        "specwcs": (name, "asdf", _copy(f"mrs{name}_specwcs")),
        "wavelengthrange": (KIND, "asdf", _copy("mrs_wavelengthrange")),
        "regions": (name, "asdf", lambda path: _write_regions(path, setting)),
        "flat": of_model(name, lambda: flat(setting)),
        "fringe": of_model(name, lambda: fringe_flat(setting)),
        "photom": of_model(name, lambda: photom(setting)),
        "mrsxartcorr": of_model(KIND, mrsxartcorr),
        "fringefreq": of_model(KIND, fringefreq),
        "cubepar": of_model(KIND, cubepar),
        "extract1d": (KIND, "asdf", write_extract1d),
        "apcorr": (KIND, "asdf", write_apcorr),
        "mrsptcorr": of_model(KIND, mrsptcorr),
        "filteroffset": None,
    }
    rules = Setting(KIND, setting.detector, "N/A", "FULL", band=setting.band)
    return write_and_serve(cache, rules, makers)


def _copy(name):
    return lambda path: path.write_bytes(reference_bytes(name))


def _write_regions(path, setting):
    """Which slice a pixel belongs to, by the least throughput: one plane each."""
    optics = mrs_optics(setting)
    planes = [
        optics.map_of(lambda one, level=level: one.number * (one.throughput >= level)) for level in LEVELS
    ]
    chip = {
        "name": "MIRI",
        "detector": setting.detector,
        "channel": CHANNELS[setting.detector],
        "band": setting.band,
    }
    tree = {"regions": np.nan_to_num(planes).astype(np.int16)}
    write_tree(
        path,
        chip,
        "regions",
        "Simulated slices",
        tree,
        {"exposure": {"type": KIND}},
        all_array_compression="zlib",
    )


def pixel_response(setting: MrsSetting) -> np.ndarray:
    """What each pixel makes of light, and how the throughput of slices falls at their ends; 1 outside, (1024, 1032)."""
    rng = rng_of("MRS pixels", setting.name)
    throughput = mrs_optics(setting).map_of(lambda one: one.throughput)
    return np.nan_to_num(throughput, nan=1.0) * (1 + FLAT_SPREAD * rng.standard_normal(SHAPE))


def flat(setting: MrsSetting):
    """Flat field, FlatModel; some pixels are flagged, some of them NaN."""
    data, dq = pixel_response(setting), np.zeros(SHAPE, np.uint32)
    chance = rng_of("MRS flat", setting.name).random(SHAPE)
    dq[chance < BAD_SHARE] = DO_NOT_USE | NO_FLAT_FIELD
    data[chance < BAD_SHARE / 2] = np.nan
    data[:, :REFERENCE_COLUMNS] = data[:, -REFERENCE_COLUMNS:] = 1
    model = datamodels.FlatModel(
        data=data.astype(np.float32), dq=dq, err=np.full(SHAPE, FLAT_ERROR, np.float32)
    )
    window = model.meta.subarray
    window.name, window.xstart, window.ystart, window.ysize, window.xsize = "FULL", 1, 1, *SHAPE
    window.fastaxis, window.slowaxis = 1, 2
    return _described(model, "flat", setting)


def fringe_flat(setting: MrsSetting):
    """Fringes of extended light, FringeModel; NaN outside of slices."""
    data = mrs_optics(setting).map_of(lambda one: fringes(one.wavelengths, one.channel))
    dq = np.where(np.isnan(data), DO_NOT_USE, 0).astype(np.uint32)
    err = np.full(SHAPE, FRINGE_ERROR, np.float32)
    return _described(datamodels.FringeModel(data=data.astype(np.float32), dq=dq, err=err), "fringe", setting)


def brightness_of_rate(channel: int, band: str, wavelengths):
    """Surface brightness that makes 1 DN/s on the first day, MJy/sr."""
    first, last = RANGES[channel, band]
    return CHANNEL[channel].brightness * (1 + 0.2 * ((wavelengths - first) / (last - first) - 0.5) ** 2)


def photom(setting: MrsSetting):
    """Conversion to surface brightness, and its change with time; MirMrsPhotomModel."""
    optics = mrs_optics(setting)
    data = optics.map_of(lambda one: brightness_of_rate(one.channel, setting.band, one.wavelengths))
    area = optics.map_of(lambda one: _pixel_area(one.channel))
    dq = np.where(np.isnan(data), DO_NOT_USE, 0).astype(np.uint32)
    planes = {"data": data, "err": PHOTOM_ERROR * np.nan_to_num(data), "pixsiz": np.nan_to_num(area)}
    model = datamodels.MirMrsPhotomModel(
        dq=dq, **{name: one.astype(np.float32) for name, one in planes.items()}
    )
    columns = [(name, "f4") for name in ("binwave", "alpha", "year1value", "tsoft", "t0")]
    for channel in CHANNEL:
        rows = time_dependence(channel, setting.band)
        setattr(model, f"timecoeff_powerlaw_ch{channel}", np.rec.fromarrays(rows, columns))
    model.meta.photometry.conversion_megajanskys = 1.0
    model.meta.photometry.pixelarea_steradians = float(_pixel_area(setting.channels[0]))
    model.meta.photometry.pixelarea_arcsecsq = CHANNEL[setting.channels[0]].spaxel ** 2
    return _described(model, "photom", setting)


def time_dependence(channel: int, band: str) -> list[np.ndarray]:
    """Wavelengths, micron; power, throughput after a year, softening in days and first day: a value at each."""
    first, last = RANGES[channel, band]
    inside = 0.02 * (last - first)
    year = CHANNEL[channel].year
    return [
        np.linspace(first + inside, last - inside, NODES),
        POWER * np.linspace(1, 1.3, NODES),
        np.linspace(year, year - 0.03, NODES),
        np.full(NODES, SOFTENING),
        np.full(NODES, FIRST_DAY),
    ]


def throughput_on(day: float, channel: int, band: str, wavelengths):
    """What is left of the throughput on a day, MJD; straight lines in wavelength, also beyond the first and last."""
    nodes, power, year, soft, start = time_dependence(channel, band)
    left = np.minimum(((day - start + soft) / (365 + soft)) ** power * year, 1)
    place = np.clip(np.searchsorted(nodes, wavelengths) - 1, 0, NODES - 2)
    slope = np.diff(left) / np.diff(nodes)
    return left[place] + slope[place] * (wavelengths - nodes[place])


def _pixel_area(channel):
    return CHANNEL[channel].spaxel ** 2 * ARCSEC_SR


def _described(model, kind, setting):
    chip = {"detector": setting.detector, "channel": CHANNELS[setting.detector], "band": setting.band}
    describe(model, kind, None if kind == "fringe" else KIND, name="MIRI", **chip)
    model.dq_def = np.array(_FLAGS, DQ_DEFINITION_TYPE)
    return model
