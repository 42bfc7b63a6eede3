"""The references of spectra without slits: written into a CRDS cache, and served.

Layouts: https://jwst-pipeline.readthedocs.io, the reference files of assign_wcs, bkg_subtract, flat_field, photom and
extract_1d.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.detectors import DETECTORS
from gpucal.simulate.distortion import distortion_model, pixel_scale
from gpucal.simulate.imaging_references import nominal_area
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.simulate.spectra.slitless.grism_painting import in_pixels
from gpucal.simulate.spectra.slitless.grism_plans import SERIES_TYPE
from gpucal.simulate.spectra.slitless.grisms import BANDS, GRISMS, Grism, throughput, wavelengths_beside
from gpucal.simulate.spectra.slitless.traces_reference import specwcs
from gpucal.simulate.spectra.spectral_references import Setting, of_json, of_model, rng_of, write_and_serve
from gpucal.simulate.subarrays import subarray_named
from gpucal.startup.lazy import datamodels

LENGTH, PADDING = 300, 20  # of tables of the response
SIZES = np.array([3, 5, 7, 9, 11, 15, 21, 41], np.uint8)  # of apertures, pixels
APERTURE_WAVES = 12
FLAT_SPREAD, FLAT_ERROR, BAD_SHARE = 0.01, 0.001, 5e-4
BACKGROUND = 0.5  # DN/s
PHOTOM_ERROR = 0.02
_MICRON, _ANGSTROM = ("MJy micron s / (DN sr)", 1.0), ("MJy Angstrom s / (DN sr)", 1e4)
_UNITS = {"NIS_WFSS": _MICRON, "NRC_WFSS": _ANGSTROM, SERIES_TYPE: _MICRON}
_FLAT_FLAGS = DO_NOT_USE | NO_FLAT_FIELD


@dataclass(frozen=True)
class GrismSetting:
    """What references are made for.

    Attributes
    ----------
    exp_type : str
    grism : Grism
    band, subarray : str
    """

    exp_type: str
    grism: Grism
    band: str
    subarray: str = "FULL"

    @property
    def wavelengths(self) -> tuple[float, float]:
        """Of the band, micron."""
        return BANDS[self.grism.instrument][self.band]

    @property
    def is_series(self) -> bool:
        """Of one source, in integrations."""
        return self.exp_type == SERIES_TYPE

    @property
    def optics(self) -> tuple[str, str]:
        """FILTER and PUPIL."""
        keywords = self.grism.keywords(self.band)
        return keywords["FILTER"], keywords["PUPIL"]

    @property
    def rules(self) -> Setting:
        """By what CRDS chooses."""
        filter_name, pupil = self.optics
        rules = Setting(self.exp_type, self.grism.detector, filter_name, self.subarray)
        return replace(rules, pupil=pupil, module="A")


def provide_grism_references(cache: CrdsCache, setting: GrismSetting) -> dict[str, Path]:
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    setting : GrismSetting

    Returns
    -------
    dict
        Reference type -> path; types that do not apply are served as N/A and are not in it.
    """
    detector, optics, kind = setting.grism.detector, setting.optics, setting.exp_type
    of_kind = (kind, setting.band)
    makers = {
        "distortion": of_model((kind, detector), lambda: _distortion(setting), "asdf"),
        "specwcs": of_model((kind, optics), lambda: described(specwcs(setting.grism), "specwcs", setting), "asdf"),
        "wavelengthrange": of_model(of_kind, lambda: wavelengthrange(setting), "asdf"),
        "flat": of_model((detector, setting.subarray), lambda: flat(setting)),
        "photom": of_model(of_kind, lambda: photom(setting)),
        "area": of_model(detector, lambda: area(setting)),
        "bkg": None if setting.is_series else of_model((kind, optics), lambda: background(setting)),
        "apcorr": None if setting.is_series else of_model(of_kind, lambda: apcorr(setting)),
        "filteroffset": None,
    }
    if setting.is_series:
        makers |= {"extract1d": of_json(kind, extract1d()), "psf": None}
    return write_and_serve(cache, setting.rules, makers)


def described(model, kind: str, setting: GrismSetting):
    """The model with the metadata that a reference must have."""
    grism = setting.grism
    chip = {"name": grism.instrument, "detector": grism.detector}
    if grism.instrument == "NIRCAM":
        chip |= {"module": "A", "channel": "LONG", "p_pupil": f"{grism.name}|"}
    describe(model, kind, setting.exp_type, **chip)
    model.meta.exposure.p_exptype = f"{setting.exp_type}|"
    return model


def _distortion(setting):
    made = {"model": distortion_model(setting.grism.detector), "input_units": "pixel", "output_units": "arcsec"}
    return described(datamodels.DistortionModel(**made), "distortion", setting)


def wavelengthrange(setting: GrismSetting):
    """Which orders there are, and their wavelengths; WavelengthrangeModel. Of series it tells a point of the field."""
    grism, field_point = setting.grism, ("ANY",) if setting.is_series else ()
    ends = wavelengths_beside(setting.wavelengths)
    model = datamodels.WavelengthrangeModel(
        wrange=[(order, *field_point, setting.band, *ends) for order in grism.traces],
        order=list(grism.traces),
        extract_orders=[(setting.band, list(grism.extracted))],
        wrange_selector=[setting.band],
    )
    model.meta.input_units = model.meta.output_units = "micron"
    return described(model, "wavelengthrange", setting)


def flat(setting: GrismSetting):
    """A flat field, FlatModel; some pixels are flagged, some of them NaN."""
    window = subarray_named(DETECTORS[setting.grism.detector], setting.subarray)
    rng, shape = rng_of("grism flat", setting.grism.detector, setting.subarray), window.shape
    y, x = np.indices(shape)
    data = 1 + 0.03 * np.sin(x / 170) * np.cos(y / 230) + FLAT_SPREAD * rng.standard_normal(shape)
    chance = rng.random(shape)
    data[chance < BAD_SHARE / 2] = np.nan
    dq = np.where(chance < BAD_SHARE, _FLAT_FLAGS, 0).astype(np.uint32)
    model = datamodels.FlatModel(data=data.astype(np.float32), dq=dq, err=np.full(shape, FLAT_ERROR, np.float32))
    return described(_placed(model, setting, window), "flat", setting)


def background(setting: GrismSetting):
    """The light of an even sky, WfssBkgModel, DN/s; pixels see it as they see any light."""
    with datamodels.open(flat(setting)) as response:
        pixels = np.nan_to_num(response.data, nan=1.0)
    along, across = np.indices(pixels.shape)[:: 1 if setting.grism.axis == 0 else -1]
    data = BACKGROUND * (1 + 0.3 * np.tanh(along / 300 - 3) + 0.1 * np.cos((along + across) / 500)) * pixels
    rng = rng_of("grism background", setting.optics)
    dq = np.where(rng.random(data.shape) < BAD_SHARE, DO_NOT_USE, 0).astype(np.uint32)
    error = np.full(data.shape, FLAT_ERROR, np.float32)
    model = datamodels.WfssBkgModel(data=data.astype(np.float32), dq=dq, err=error)
    model.meta.instrument.filter, model.meta.instrument.pupil = setting.optics
    model.meta.bunit_data = "DN/s"
    window = subarray_named(DETECTORS[setting.grism.detector], setting.subarray)
    return described(_placed(model, setting, window), "bkg", setting)


def photom(setting: GrismSetting):
    """Surface brightness of 1 DN/s by wavelength, in each order; NisWfssPhotomModel or NrcWfssPhotomModel."""
    model = datamodels.NisWfssPhotomModel() if setting.exp_type == "NIS_WFSS" else datamodels.NrcWfssPhotomModel()
    unit, factor = _UNITS[setting.exp_type]
    waves = np.linspace(*wavelengths_beside(setting.wavelengths), LENGTH)
    relative = 1 / throughput(waves, setting.wavelengths)
    padded = [np.concatenate([one, np.zeros(PADDING)]) for one in (waves, relative, PHOTOM_ERROR * relative)]
    columns = [("filter", "S12"), ("pupil", "S15"), ("order", "i2"), ("photmjsr", "f4"), ("uncertainty", "f4")]
    columns += [("nelem", "i2")]
    columns += [(name, "f4", (LENGTH + PADDING,)) for name in ("wavelength", "relresponse", "reluncertainty")]
    rows = []
    for optics, traces in _in_the_same_file(setting):
        for order, trace in traces.items():
            value = trace.brightness * factor
            rows.append((*optics, order, value, PHOTOM_ERROR * value, LENGTH, *padded))
    model.phot_table = np.array(rows, columns)
    model.phot_unit, model.wave_unit = unit, "micron"
    return described(_with_area(model, setting), "photom", setting)


def apcorr(setting: GrismSetting):
    """Corrections for the light beside an aperture; NisWfssApcorrModel or NrcWfssApcorrModel."""
    model = datamodels.NisWfssApcorrModel() if setting.exp_type == "NIS_WFSS" else datamodels.NrcWfssApcorrModel()
    waves = np.linspace(*wavelengths_beside(setting.wavelengths), APERTURE_WAVES)
    half = SIZES // 2
    held = np.array([in_pixels(np.arange(-one, one + 1.0), setting.grism.sigma).sum() for one in half.astype(int)])
    factor = np.broadcast_to(1 / held, (APERTURE_WAVES, len(SIZES)))
    columns = [("filter", "S12"), ("pupil", "S15"), ("wavelength", "f4", waves.shape), ("nelem_wl", "i2")]
    columns += [("size", "u1", SIZES.shape), ("nelem_size", "i2")]
    columns += [(name, "f4", factor.shape) for name in ("apcorr", "apcorr_err")]
    values = (waves, len(waves), SIZES, len(SIZES), factor, 0.01 * factor)
    model.apcorr_table = np.array([(*optics, *values) for optics, _ in _in_the_same_file(setting)], columns)
    model.sizeunit = "pixels"
    return described(model, "apcorr", setting)


def area(setting: GrismSetting):
    """Solid angles of pixels in units of that of the middle, PixelAreaModel."""
    shape = DETECTORS[setting.grism.detector].size
    model = datamodels.PixelAreaModel(data=np.ones(shape, np.float32))
    return described(_with_area(model, setting), "area", setting)


def extract1d() -> dict:
    """The aperture of a series, as the JSON reference has it, with regions of background on both sides."""
    aperture = {"id": "ANY", "region_type": "target", "dispaxis": 1, "xstart": 0, "xstop": 2047, "ystart": 29}
    regions = [[10.5], [22.5], [45.5], [57.5]]
    aperture |= {"ystop": 39, "bkg_coeff": regions, "bkg_order": 1, "bkg_fit": "poly", "use_source_posn": False}
    words = {"INSTRUMENT": "NIRCAM", "TELESCOPE": "JWST", "PEDIGREE": "DUMMY", "AUTHOR": "gpucal simulation"}
    words |= {"DESCRIP": "Simulated reference", "USEAFTER": "2022-01-01T00:00:00", "EXP_TYPE": SERIES_TYPE}
    return {"REFTYPE": "EXTRACT1D", **words, "apertures": [aperture]}


def _in_the_same_file(setting):
    """FILTER, PUPIL and traces of all grisms that share tables with that of a setting."""
    for grism in GRISMS.values():
        if grism.instrument == setting.grism.instrument:
            yield replace(setting, grism=grism).optics, grism.traces


def _with_area(model, setting):
    model.meta.photometry.pixelarea_steradians = nominal_area(setting.grism.detector)
    model.meta.photometry.pixelarea_arcsecsq = pixel_scale(setting.grism.detector) ** 2
    return model


def _placed(model, setting, window):
    detector, place = DETECTORS[setting.grism.detector], model.meta.subarray
    place.name, place.xstart, place.ystart = window.name, window.xstart, window.ystart
    place.xsize, place.ysize = window.xsize, window.ysize
    place.fastaxis, place.slowaxis = detector.fast_axis, detector.slow_axis
    return model
