"""References of the low-resolution spectrometer of MIRI, with its slit (full frame) and without (SLITLESSPRISM).

Layouts: https://jwst-pipeline.readthedocs.io, "SPECWCS", "PHOTOM", "PATHLOSS", "APCORR", "PSF" and "EXTRACT1D Reference
File".
"""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD
from gpucal.simulate.spectra.lrs_dispersion import SLIT, SLITLESS
from gpucal.simulate.spectra.point_profile import LRS_PIXEL, lrs_held, lrs_sigma
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

SUBARRAYS = {SLIT: "FULL", SLITLESS: "SLITLESSPRISM"}
SHAPES = {"FULL": (1024, 1032), "SLITLESSPRISM": (416, 72)}
FILTER = "P750L"
WAVELENGTHS = (4.0, 14.0)  # micron; the table of the dispersion goes a little further on both sides
LENGTH, PADDING = 200, 8
MEGAJANSKY_PER_SR = {SLIT: 25.0, SLITLESS: 31.0}  # of 1 DN/s
FIRST_DAY = 59800.0
PIXEL_AREA_SR = (LRS_PIXEL * np.pi / 180 / 3600) ** 2
PLANES, LOSS_SIDE, LOSS_STEP = 25, 21, 0.5  # wavelengths; places along each axis and their distance, pixels
SIZES = np.array([3, 5, 8, 12, 16, 24], np.uint8)
PSF_COLUMNS, PSF_SUBPIXEL = 161, 4


def flat(exp_type: str, rng):
    """A flat field, FlatModel; some pixels are flagged, some NaN."""
    shape = SHAPES[SUBARRAYS[exp_type]]
    y, x = np.indices(shape) / np.array(shape)[:, None, None]
    data = 1 + 0.04 * np.sin(4 * x) * np.cos(3 * y) + 0.01 * rng.standard_normal(shape)
    dq = np.zeros(shape, np.uint32)
    chance = rng.random(shape)
    dq[chance < 0.001] = DO_NOT_USE | NO_FLAT_FIELD
    data[(chance > 0.5) & (chance < 0.5005)] = np.nan
    model = datamodels.FlatModel(data=data.astype(np.float32), dq=dq, err=np.full(shape, 0.005, np.float32))
    model.meta.subarray.name = SUBARRAYS[exp_type]
    ny, nx = shape
    model.meta.subarray.xstart, model.meta.subarray.ystart = (1, 1) if ny == 1024 else (1, 529)
    model.meta.subarray.xsize, model.meta.subarray.ysize = nx, ny
    model.meta.subarray.fastaxis, model.meta.subarray.slowaxis = 1, 2
    return _described(model, "flat", exp_type)


def photom(exp_type: str):
    """Conversion to surface brightness, with changes with time; MirLrsPhotomModel."""
    model = datamodels.MirLrsPhotomModel()
    key = (FILTER, SUBARRAYS[exp_type])
    x = np.linspace(*WAVELENGTHS, LENGTH)
    y = 0.5 + ((x - 8) / 5) ** 2 + 0.02 * np.sin(9 * x)
    padded = [np.concatenate([one, np.zeros(PADDING)]) for one in (x, y, 0.01 * y)]
    keys = [("filter", "S12"), ("subarray", "S17")]
    arrays = [(name, "f4", (LENGTH + PADDING,)) for name in ("wavelength", "relresponse", "reluncertainty")]
    scalar = MEGAJANSKY_PER_SR[exp_type]
    scalars = [("photmjsr", "f4"), ("uncertainty", "f4"), ("nelem", "i2")]
    model.phot_table = np.array([(*key, scalar, 0.01 * scalar, LENGTH, *padded)], keys + scalars + arrays)
    changes = {
        "timecoeff_linear": (("t0", "lossperyear"), (FIRST_DAY, 0.01)),
        "timecoeff_exponential": (("t0", "amplitude", "tau", "const"), (FIRST_DAY, 0.04, 250.0, 0.98)),
        "timecoeff_powerlaw": (("t0", "year1value", "tsoft", "alpha"), (FIRST_DAY, 0.97, 20.0, -0.03)),
    }
    for name, (columns, values) in changes.items():
        setattr(model, name, np.array([(*key, *values)], keys + [(column, "f4") for column in columns]))
    model.meta.photometry.pixelarea_steradians = PIXEL_AREA_SR
    model.meta.photometry.pixelarea_arcsecsq = LRS_PIXEL**2
    return _described(model, "photom", exp_type)


def pathloss():
    """What the slit keeps back, as a factor on the data, by place of the source in pixels; MirLrsPathlossModel."""
    model = datamodels.MirLrsPathlossModel()
    waves = np.linspace(WAVELENGTHS[1], WAVELENGTHS[0], PLANES)  # falling, as those of the observatory
    place = (np.arange(LOSS_SIDE) - LOSS_SIDE // 2) * LOSS_STEP
    across = 1.1 + 0.02 * (waves[:, None, None] - 4) + 0.05 * (place[None, :, None] / 2) ** 2
    factor = across + 0.004 * place[None, None, :] + 0.006 * place[None, :, None]
    shape = (LOSS_SIDE, LOSS_SIDE)
    columns = [("wavelength", "f4"), ("pathloss", "f4", shape), ("pathloss_err", "f4", shape)]
    rows = [(wave, plane, 0.01 * plane) for wave, plane in zip(waves, factor, strict=True)]
    model.pathloss_table = np.array(rows, columns)
    wcs = model.meta.wcsinfo
    wcs.crpix1 = wcs.crpix2 = LOSS_SIDE // 2 + 1.0
    wcs.crval1 = wcs.crval2 = 0.0
    wcs.cdelt1 = wcs.cdelt2 = LOSS_STEP
    return _described(model, "pathloss", SLIT)


def apcorr(exp_type: str):
    """Corrections for the light beside an aperture; MirLrsApcorrModel."""
    model = datamodels.MirLrsApcorrModel()
    waves = np.linspace(WAVELENGTHS[0] - 0.5, WAVELENGTHS[1] + 0.5, PLANES)
    factor = 1 / lrs_held(SIZES[None, :] * LRS_PIXEL / 2, waves[:, None])
    shape = factor.shape
    columns = [
        ("subarray", "S17"),
        ("wavelength", "f4", (PLANES,)),
        ("nelem_wl", "i2"),
        ("size", "u1", SIZES.shape),
    ]
    columns += [("nelem_size", "i2"), ("apcorr", "f4", shape), ("apcorr_err", "f4", shape)]
    row = (SUBARRAYS[exp_type], waves, PLANES, SIZES, len(SIZES), factor, 0.01 * factor)
    model.apcorr_table = np.array([row], columns)
    model.sizeunit = "pixels"
    return _described(model, "apcorr", exp_type)


def point_spread(exp_type: str):
    """The profile of a point source over wavelength, which runs along rows; SpecPsfModel."""
    model = datamodels.SpecPsfModel()
    waves = np.linspace(WAVELENGTHS[1] + 0.3, WAVELENGTHS[0] - 0.3, LENGTH)
    middle = (PSF_COLUMNS - 1) / 2
    away = (np.arange(PSF_COLUMNS)[None, :] - middle) / PSF_SUBPIXEL * LRS_PIXEL
    data = np.exp(-0.5 * (away / lrs_sigma(waves)[:, None]) ** 2)
    data /= data.sum(axis=1, keepdims=True)
    described = {"name": "ANY", "subpix": PSF_SUBPIXEL, "center_col": middle, "center_row": (LENGTH - 1) / 2}
    model.apertures.append(described | {"data": data, "wave": waves})
    return _described(model, "psf", exp_type)


def extract1d(exp_type: str) -> dict:
    """The aperture, as the JSON reference has it; without a slit, with regions of background on both sides."""
    aperture = {"id": exp_type, "region_type": "target", "dispaxis": 2}
    if exp_type == SLIT:
        aperture |= {"extract_width": 8, "use_source_posn": True}
    else:
        regions = [[13.5], [21.5], [53.5], [61.5]]
        aperture |= {"xstart": 33, "xstop": 43, "bkg_coeff": regions, "bkg_order": 1, "bkg_fit": "poly"}
    return {
        "REFTYPE": "EXTRACT1D",
        "INSTRUMENT": "MIRI",
        "TELESCOPE": "JWST",
        "PEDIGREE": "DUMMY",
        "AUTHOR": "gpucal simulation",
        "DESCRIP": "Simulated reference",
        "USEAFTER": "2022-01-01T00:00:00",
        "EXP_TYPE": exp_type,
        "apertures": [aperture],
    }


def _described(model, kind, exp_type):
    describe(model, kind, exp_type, name="MIRI", detector="MIRIMAGE", filter=FILTER)
    return model
