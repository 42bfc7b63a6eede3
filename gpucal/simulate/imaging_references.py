"""The references by which images are calibrated in stages 2 and 3."""

import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, NO_FLAT_FIELD
from gpucal.simulate.crds_cache import ANY, BAND, DETECTOR, EXPOSURE_TYPE, SUBARRAY, selection_keys
from gpucal.simulate.detectors import DETECTORS
from gpucal.simulate.distortion import distorted_detectors, distortion_model, pixel_scale
from gpucal.simulate.fields import DetectorFields
from gpucal.simulate.optics import BANDS, Band, band_named, channel_of
from gpucal.simulate.projection import projection_of
from gpucal.simulate.references import DQ_DEFINITION_TYPE, USE_AFTER, digest, write_tree
from gpucal.simulate.subarrays import full_frame, subarrays_of
from gpucal.wcs.documents import read_document
from gpucal.wcs.telescope import Pointing

FORMAT = 1
FLAT_SPREAD = 0.01
FLAT_ERROR = 0.0005
CALIBRATION_ERROR = 0.01  # of itself
ENCIRCLED = (20, 30, 40, 50, 60, 70, 80, 90)  # percent
ANNULUS = (3.5, 5.0)  # radii that hold 90 percent
LARGEST_FILTER_SHIFT = 0.5  # pixels
SHIFTED = ("NIRCAM", "MIRI")  # the instruments whose filters move the image
AB_OF_VEGA = 2.0  # magnitudes, for each factor e of the wavelength above half a micron
_ARCSEC = np.deg2rad(1 / 3600)
_SETTINGS = {"NIRCAM": "Nrc", "NIRISS": "Nis", "MIRI": "Mir", "FGS": "Fgs"}


@dataclass(frozen=True)
class ImagingReferences:
    """What the references of a detector and subarray say, to make exposures by it.

    Attributes
    ----------
    paths : dict
        Reference type -> Path inside the cache.
    distortion : node
        From pixels of the full frame to V2 and V3, arcsec.
    filter_offsets : list of dict
        How far filters move the image; empty for an instrument without such a reference.
    flat : ndarray (ny, nx), float32
        Response of the pixels to an even sky.
    areas : ndarray (ny, nx), float64
        Their solid angles, steradians.
    """

    paths: dict[str, Path]
    distortion: Any
    filter_offsets: list[dict]
    flat: np.ndarray
    areas: np.ndarray


def nominal_area(detector: str) -> float:
    """Solid angle that PIXAR_SR tells of a detector, steradians."""
    return (pixel_scale(detector) * _ARCSEC) ** 2


def provide_imaging_references(cache, readout, pixels, exp_type, effects, distortion=None) -> ImagingReferences:
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    readout : Readout
    pixels : Pixels
    exp_type : str
        EXP_TYPE of the exposures.
    effects : Effects
        Only the specimen of the detector matters, and which pixels are bad.
    distortion : path-like, optional
        A distortion reference to serve in the place of the simulator's own.

    Returns
    -------
    ImagingReferences
    """
    detector = readout.detector
    paths = {"distortion": _distortion(cache, detector, distortion)}
    node = read_document(paths["distortion"])["model"]
    rows = []
    if detector.instrument in SHIFTED:
        paths["filteroffset"] = _filter_offsets(cache, detector)
        rows = read_document(paths["filteroffset"])["filters"]
    optics = [FORMAT, detector, paths["distortion"].name]
    paths["area"] = _file(cache, detector, "area", optics, lambda: _area_model(detector, node))
    areas = fits.getdata(paths["area"], "SCI")[readout.subarray.window].astype(np.float64)
    flat = _response(readout, effects) * areas
    flat[pixels.reference] = 1
    flat = flat.astype(np.float32)
    state = [*optics, readout.subarray, effects.detector_state()]
    paths["flat"] = _file(cache, detector, "flat", state, lambda: _flat_model(flat, pixels, readout))
    paths["photom"] = _file(cache, detector, "photom", [FORMAT, detector.name, BANDS], lambda: _photom_model(detector))
    paths["apcorr"] = _file(cache, detector, "apcorr", [FORMAT, BANDS], lambda: _apcorr_model(detector))
    paths["abvegaoffset"] = _vega_offsets(cache, detector)
    values = {DETECTOR: detector.name, SUBARRAY: readout.subarray.name, EXPOSURE_TYPE: exp_type, BAND: ANY}
    served = {
        kind: (tuple(values[key] for key in selection_keys(kind, detector.instrument)), path.name)
        for kind, path in paths.items()
    }
    cache.serve(detector.instrument, served)
    return ImagingReferences(paths, node, rows, flat, areas * nominal_area(detector.name))


def _distortion(cache, detector, given):
    instrument = detector.instrument.lower()
    if given is not None:
        path = cache.reference_path(f"jwst_{instrument}_distortion_{digest(Path(given).read_bytes())}.asdf")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(given, path)
        return path
    path = cache.reference_path(f"jwst_{instrument}_distortion_{detector.name.lower()}.asdf")
    tree = {"model": distortion_model(detector.name), "input_units": "pixel", "output_units": "arcsec"}
    return _tree(path, detector, "distortion", tree)


def _filter_offsets(cache, detector):
    path = cache.reference_path(f"jwst_{detector.instrument.lower()}_filteroffset_{detector.name.lower()}.asdf")
    rows = []
    for band in BANDS[channel_of(detector)]:
        seed = zlib.crc32(f"{detector.name} {band.filter} {band.pupil}".encode())
        x, y = np.random.default_rng(seed).uniform(-LARGEST_FILTER_SHIFT, LARGEST_FILTER_SHIFT, 2).round(3)
        elements = {"filter": band.filter, "pupil": band.pupil or "N/A"}
        rows.append(elements | {"column_offset": float(x), "row_offset": float(y)})
    return _tree(path, detector, "filteroffset", {"filters": rows})


def _vega_offsets(cache, detector):
    path = cache.reference_path(f"jwst_{detector.instrument.lower()}_abvegaoffset_{digest(BANDS)}.asdf")
    bands = _bands_of(detector.instrument)
    offsets = {"abvega_offset": [AB_OF_VEGA * np.log(band.wavelength / 0.5) for _, band in bands]}
    if detector.instrument == "FGS":
        columns = {"detector": [name for name, _ in bands]}
    else:
        columns = {"filter": [band.filter for _, band in bands]}
        if detector.instrument != "MIRI":
            columns["pupil"] = [band.pupil for _, band in bands]
    return _tree(path, detector, "abvegaoffset", {"abvega_offset": Table(columns | offsets)})


def _tree(path, detector, kind, tree):
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        chip = {"name": detector.instrument, "detector": detector.name}
        write_tree(path, chip, kind, f"Simulated {kind} of {detector.name}", tree)
    return path


def _file(cache, detector, kind, state, make):
    """Path of a FITS reference whose contents follow from a state; made if it is not there."""
    path = cache.reference_path(f"jwst_{detector.instrument.lower()}_{kind}_{digest(state)}.fits")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        model = make()
        meta = model.meta
        meta.instrument.name, meta.instrument.detector = detector.instrument, detector.name
        meta.reftype, meta.description = kind, f"Simulated {kind} of {detector.name}"
        meta.author, meta.pedigree, meta.useafter = "gpucal simulate", "DUMMY", USE_AFTER
        model.save(path)
    return path


def _bands_of(instrument) -> list[tuple[str, Band]]:
    """The bands of an instrument, with the name of a detector that has each; those of FGS for each of its own."""
    names = [name for name in distorted_detectors() if DETECTORS[name].instrument == instrument]
    if instrument == "FGS":
        return [(name, BANDS["FGS"][0]) for name in names]
    channels = {channel_of(DETECTORS[name]): name for name in names}
    return [(name, band) for channel, name in channels.items() for band in BANDS[channel]]


def _response(readout, effects):
    fields = DetectorFields(readout.detector, readout.subarray.window, effects.detector_seed)
    return 1 + FLAT_SPREAD * fields.normal("flat").astype(np.float64)


def _area_model(detector, distortion):
    """Of the whole detector, whatever the subarray: the photom step cuts it."""
    band = band_named(detector, ())
    straight = projection_of(full_frame(detector), band, Pointing(0, 0, 0, 0, 0), distortion, [], aberration=1.0)
    model = datamodels.PixelAreaModel(data=(straight.areas() / nominal_area(detector.name)).astype(np.float32))
    _set_area(model, detector)
    return model


def _set_area(model, detector):
    model.meta.photometry.pixelarea_steradians = nominal_area(detector.name)
    model.meta.photometry.pixelarea_arcsecsq = pixel_scale(detector.name) ** 2


def _flat_model(flat, pixels, readout):
    model = datamodels.FlatModel(data=flat, err=np.full_like(flat, FLAT_ERROR))
    flags = {"DO_NOT_USE": DO_NOT_USE, "DEAD": DEAD, "NO_FLAT_FIELD": NO_FLAT_FIELD}
    model.dq = np.where(pixels.bad["dead"], DO_NOT_USE | DEAD, 0).astype(np.uint32)
    model.dq[pixels.reference] = DO_NOT_USE | NO_FLAT_FIELD
    rows = [(flag.bit_length() - 1, flag, name.encode(), b"") for name, flag in flags.items()]
    model.dq_def = np.array(rows, DQ_DEFINITION_TYPE)
    subarray, window = model.meta.subarray, readout.subarray
    subarray.name, subarray.xstart, subarray.ystart = window.name, window.xstart, window.ystart
    subarray.xsize, subarray.ysize = window.xsize, window.ysize
    subarray.fastaxis, subarray.slowaxis = readout.detector.fast_axis, readout.detector.slow_axis
    return model


def _photom_model(detector):
    model = getattr(datamodels, f"{_SETTINGS[detector.instrument]}ImgPhotomModel")()
    rows = [
        (*_setting(detector.instrument, band, "GENERIC"), band.photmjsr, CALIBRATION_ERROR * band.photmjsr)
        for band in BANDS[channel_of(detector)]
    ]
    model.phot_table = np.array(rows, model.get_dtype("phot_table"))
    _set_area(model, detector)
    return model


def _apcorr_model(detector):
    model = getattr(datamodels, f"{_SETTINGS[detector.instrument]}ImgApcorrModel")()
    subarrays = subarrays_of(detector) if detector.instrument == "MIRI" else ("",)
    bands = _bands_of(detector.instrument)
    radii = np.linspace(0.01, 5, 5000)
    rows = []
    for name, band in bands[:1] if detector.instrument == "FGS" else bands:
        pixel = pixel_scale(name)
        held = np.interp(np.array(ENCIRCLED) / 100, band.encircled(radii, pixel), radii) / pixel
        for subarray in subarrays:
            setting = _setting(detector.instrument, band, subarray)
            annulus = [held[-1] * edge for edge in ANNULUS]
            rows += [
                (*setting, percent / 100, radius, 100 / percent, *annulus)
                for percent, radius in zip(ENCIRCLED, held, strict=True)
            ]
    model.apcorr_table = np.array(rows, model.get_dtype("apcorr_table"))
    return model


def _setting(instrument, band, subarray):
    """What the rows of tables of an instrument are chosen by."""
    return {"FGS": (), "MIRI": (band.filter, subarray)}.get(instrument, (band.filter, band.pupil))
