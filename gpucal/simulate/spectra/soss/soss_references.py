"""References of NIRISS SOSS.

Layouts: https://jwst-pipeline.readthedocs.io, "SPECWCS", "PASTASOSS", "SPECPROFILE", "SPECKERNEL", "BKG", "PHOTOM" and
"WAVELENGTHRANGE Reference File", and the schemas of stdatamodels.
"""

import asdf
import numpy as np
from astropy.modeling.models import Tabular2D

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.detectors import NEAR_INFRARED_SIZE
from gpucal.simulate.references import write_tree
from gpucal.simulate.soss import COMMANDED_POSITION, ORDERS, ROWS, pastasoss
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.simulate.spectra.soss import soss_optics as optics
from gpucal.simulate.spectra.spectral_references import Setting, of_json, of_model, rng_of, write_and_serve
from gpucal.startup.lazy import datamodels

EXP_TYPE, DETECTOR, FILTER, PUPIL = "NIS_SOSS", "NIS", "CLEAR", "GR700XD"
SHAPES = {"SUBSTRIP256": (256, 2048), "SUBSTRIP96": (96, 2048)}
PADDING = 20  # pixels, of profiles, on each side
KERNEL_HALF, KERNEL_OVERSAMPLING, KERNELS = 9, 10, 61
KERNEL_WAVELENGTHS = (0.5, 3.5)
RESPONSES, RESPONSE_PADDING = 600, 8
LEAST_THROUGHPUT = 0.01  # of the largest: less is not calibrated
MEGAJANSKY = 1.4e-10  # PHOTMJ
FIRST_DAY = 59800.0
PIXEL_AREA_SR = (0.0656 * np.pi / 180 / 3600) ** 2
STEP_COLUMN = 700  # where the background rises
LIGHT_RANGES = {1: (0.85, 2.8), 2: (0.63, 0.85), 3: (0.73, 0.92)}  # of white light, micron


def provide_soss_references(cache: CrdsCache, subarray: str) -> dict:
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    subarray : str
        SUBSTRIP256 or SUBSTRIP96.

    Returns
    -------
    dict
        Reference type -> path.
    """
    setting = Setting(EXP_TYPE, DETECTOR, FILTER, subarray, pupil=PUPIL)
    makers = {
        "specwcs": ("soss", "asdf", _write_specwcs),
        "pastasoss": ("soss", "asdf", _write_pastasoss),
        "specprofile": of_model(subarray, lambda: specprofile(subarray)),
        "speckernel": of_model("soss", speckernel),
        "wavelengthrange": of_model("soss", wavelengthrange, "asdf"),
        "bkg": of_model("soss", background),
        "flat": of_model(subarray, lambda: flat(subarray, rng_of("flat", subarray))),
        "photom": of_model("soss", photom),
        "extract1d": of_json("soss", _extract1d()),
    }
    return write_and_serve(cache, setting, makers)


def _write_specwcs(path):
    """Wavelengths by row and column of the full frame, for each order, as a table of every eighth column."""
    rows = np.array([0.0, NEAR_INFRARED_SIZE - ROWS, NEAR_INFRARED_SIZE - 1.0])
    columns = np.append(np.arange(0.0, NEAR_INFRARED_SIZE, 8), NEAR_INFRARED_SIZE - 1.0)
    tree = {}
    for number in ORDERS:
        along = optics.wavelengths_at(number, columns, COMMANDED_POSITION)
        table = along[None, :] + 1e-5 * (rows[:, None] - rows[1]) / ROWS  # a little slanted
        tree[number] = Tabular2D(points=(rows, columns), lookup_table=table, bounds_error=False, fill_value=np.nan)
    meta = {
        "author": "gpucal simulation",
        "reftype": "specwcs",
        "pedigree": "DUMMY",
        "useafter": "2022-01-01T00:00:00",
    }
    asdf.AsdfFile(tree | {"meta": meta}).write_to(path)


def _write_pastasoss(path):
    contents = pastasoss(None, None, None, None)
    chip = {"name": "NIRISS", "detector": DETECTOR, "filter": FILTER}
    write_tree(path, chip, "pastasoss", "Simulated traces", contents.tree, contents.keywords)


def specprofile(subarray: str):
    """Shares of the light of a column, for each order, with the wheel where it is commanded; SpecProfileModel."""
    model = datamodels.SpecProfileModel()
    first, number = optics.FIRST_ROWS[subarray] - PADDING, SHAPES[subarray][0] + 2 * PADDING
    for order in ORDERS:
        shares = optics.profile(optics.rows_of(order, COMMANDED_POSITION), first, number)
        padded = np.pad(shares, ((0, 0), (PADDING, PADDING)), mode="edge")
        model.profile.append({"data": padded.astype(np.float32)})
    model.meta.subarray.name = subarray
    return _described(model, "specprofile")


def speckernel():
    """What a narrow line becomes along the trace, for some wavelengths; SpecKernelModel."""
    places = np.linspace(-KERNEL_HALF, KERNEL_HALF, 2 * KERNEL_HALF * KERNEL_OVERSAMPLING + 1)
    wavelengths = np.linspace(*KERNEL_WAVELENGTHS, KERNELS)
    sigma = optics.resolution_sigma(wavelengths)
    values = np.exp(-0.5 * (places[:, None] / sigma) ** 2)
    values /= values.sum(axis=0)
    repeated = np.broadcast_to(wavelengths, values.shape)
    model = datamodels.SpecKernelModel(wavelengths=repeated.astype(np.float32), kernels=values.astype(np.float32))
    model.meta.nwave, model.meta.wavemin, model.meta.wavemax = KERNELS, *KERNEL_WAVELENGTHS
    model.meta.spectral_oversampling, model.meta.halfwidth = KERNEL_OVERSAMPLING, KERNEL_HALF
    model.meta.centroid_index = len(places) // 2
    return _described(model, "speckernel")


def wavelengthrange():
    """Wavelengths that are summed to white light: order, filter, shortest and longest; WavelengthrangeModel."""
    rows = [[order, FILTER, *limits] for order, limits in LIGHT_RANGES.items()]
    model = datamodels.WavelengthrangeModel(
        wrange=rows, order=list(LIGHT_RANGES), extract_orders=[[FILTER, list(LIGHT_RANGES)]], wunits="micron"
    )
    return _described(model, "wavelengthrange")


def left_of_step():
    """Which pixels of SUBSTRIP256 lie before the background rises, (256, 2048) bool."""
    y, x = np.indices(SHAPES["SUBSTRIP256"]).astype(float)
    return x < STEP_COLUMN + 4 * np.sin(y / 40)


def templates():
    """Backgrounds of SUBSTRIP256 of which one or another fits, (3, 256, 2048) float64, DN/s; each rises at a column."""
    y, x = np.indices(SHAPES["SUBSTRIP256"]).astype(float)
    shapes = [0.8 + slope * x / NEAR_INFRARED_SIZE + 0.1 * y / ROWS for slope in (0.1, 0.4, 0.8)]
    return np.stack([shape * np.where(left_of_step(), 1.0, 1.6) for shape in shapes])


def background():
    """Templates of the background; SossBkgModel."""
    data = templates().astype(np.float32)
    model = datamodels.SossBkgModel(data=data, dq=np.zeros(data.shape, np.uint32), err=0.01 * data)
    model.meta.instrument.pupil = PUPIL
    model.meta.subarray.name = "SUBSTRIP256"
    return _described(model, "bkg")


def flat(subarray: str, rng):
    """A flat field, FlatModel; some pixels are flagged, some NaN."""
    shape = SHAPES[subarray]
    y, x = np.indices(shape) / np.array(shape)[:, None, None]
    data = 1 + 0.03 * np.sin(5 * x) * np.cos(3 * y) + 0.01 * rng.standard_normal(shape)
    dq = np.zeros(shape, np.uint32)
    chance = rng.random(shape)
    dq[chance < 0.0005] = DO_NOT_USE | NO_FLAT_FIELD
    data[(chance > 0.5) & (chance < 0.5002)] = np.nan
    model = datamodels.FlatModel(data=data.astype(np.float32), dq=dq, err=np.full(shape, 0.003, np.float32))
    window = model.meta.subarray
    window.name, window.xstart, window.xsize, window.ysize = subarray, 1, shape[1], shape[0]
    window.ystart = NEAR_INFRARED_SIZE - ROWS + optics.FIRST_ROWS[subarray] + 1
    window.fastaxis, window.slowaxis = -2, -1
    return _described(model, "flat")


def photom():
    """Conversion of the light of a column to MJy, a row for each order, with changes with time; NisSossPhotomModel."""
    model = datamodels.NisSossPhotomModel()
    keys = [("filter", "S12"), ("pupil", "S15"), ("order", "i2")]
    scalars = [("photmj", "f4"), ("uncertainty", "f4"), ("nelem", "i2")]
    length = RESPONSES + RESPONSE_PADDING
    arrays = [(name, "f4", (length,)) for name in ("wavelength", "relresponse", "reluncertainty")]
    rows = [(FILTER, PUPIL, order, MEGAJANSKY, 0.02 * MEGAJANSKY, RESPONSES, *_response(order)) for order in ORDERS]
    model.phot_table = np.array(rows, keys + scalars + arrays)
    changes = {
        "timecoeff_linear": (("t0", "lossperyear"), (FIRST_DAY, 0.01)),
        "timecoeff_exponential": (("t0", "amplitude", "tau", "const"), (FIRST_DAY, 0.02, 250.0, 0.99)),
        "timecoeff_powerlaw": (("t0", "year1value", "tsoft", "alpha"), (FIRST_DAY, 0.98, 20.0, -0.02)),
    }
    for name, (columns, values) in changes.items():
        own = [(FILTER, PUPIL, order, *values) for order in ORDERS]
        setattr(model, name, np.array(own, keys + [(column, "f4") for column in columns]))
    model.meta.photometry.pixelarea_steradians = PIXEL_AREA_SR
    model.meta.photometry.pixelarea_arcsecsq = 0.0656**2
    return _described(model, "photom")


def _response(order):
    """Wavelengths, responses and their uncertainties of a row, where enough of the light goes into the order."""
    columns = np.linspace(-20, NEAR_INFRARED_SIZE + 20, 8 * RESPONSES)
    wavelengths = optics.wavelengths_at(order, columns, COMMANDED_POSITION)
    share = optics.throughput_at(order, wavelengths)
    bright = wavelengths[share > LEAST_THROUGHPUT * share.max()]
    chosen = np.linspace(bright.min(), bright.max(), RESPONSES)
    at = np.interp(chosen, wavelengths[::-1], columns[::-1])
    step = wavelengths_step(order, at, COMMANDED_POSITION)
    response = optics.megajansky_per_rate(order, chosen, step) / MEGAJANSKY
    return [np.concatenate([one, np.zeros(RESPONSE_PADDING)]) for one in (chosen, response, 0.01 * response)]


def wavelengths_step(order: int, columns, position: float):
    """Micron that a column spans."""
    edges = [optics.wavelengths_at(order, columns + side, position) for side in (-0.5, 0.5)]
    return np.abs(edges[1] - edges[0])


def _extract1d():
    """The aperture as the JSON reference has it; the extraction of SOSS asks for the file, and takes nothing of it."""
    return {
        "REFTYPE": "EXTRACT1D",
        "INSTRUMENT": "NIRISS",
        "TELESCOPE": "JWST",
        "PEDIGREE": "DUMMY",
        "AUTHOR": "gpucal simulation",
        "DESCRIP": "Simulated reference",
        "USEAFTER": "2022-01-01T00:00:00",
        "EXP_TYPE": EXP_TYPE,
        "apertures": [{"id": EXP_TYPE, "region_type": "target", "dispaxis": 1, "ystart": 20, "ystop": 60}],
    }


def _described(model, kind):
    describe(model, kind, EXP_TYPE, name="NIRISS", detector=DETECTOR, filter=FILTER)
    return model
