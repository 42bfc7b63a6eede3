"""A small field of spectra without slits, its references, and the catalog of its direct image."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.modeling.models import Polynomial1D, Polynomial2D
from astropy.table import QTable
from stdatamodels.jwst import datamodels

from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.documents import read_document
from gpucal.wcs.lowering import program_of

REFERENCES = Path(__file__).parent / "files" / "references"
DISTORTIONS = {"NIRISS": REFERENCES / "jwst_niriss_distortion_0010.asdf",
               "NIRCAM": REFERENCES / "jwst_nircam_distortion_0090.asdf",
               "MIRI": REFERENCES / "jwst_miri_imager_distortion_flt9.asdf"}  # fmt: skip
KINDS = {"NIRISS": "NIS_WFSS", "NIRCAM": "NRC_WFSS", "MIRI": "MIR_WFSS"}
NY, NX = 240, 200

# Wavelengths, micron, by order.
RANGES = {1: (1.7, 2.3), 2: (1.7, 2.2), 0: (1.7, 2.3)}


class Star(NamedTuple):
    """A source of the field: its place, half the side of its segment, its magnitude, and whether it is extended."""

    x: float
    y: float
    half: float = 3.0
    magnitude: float = 20.0
    is_extended: bool = False


STARS = {
    3: Star(60.3, 100.2, magnitude=21.0),
    5: Star(120.8, 160.4, 6.0, 20.0, True),
    8: Star(150.1, 40.7, magnitude=22.0),
    9: Star(100.0, 236.0, magnitude=19.0),  # order 2 of it leaves the detector
    12: Star(1100.0, 1100.0, magnitude=18.0),
}


def exposure(instrument="NIRISS", dispersed="GR150R", velocity=12000.0):
    """A dispersed image; its reference point is the middle of the image."""
    rng = np.random.default_rng(8)
    model = datamodels.ImageModel(rng.normal(1, 1, (NY, NX)).astype(np.float32))
    for name in ("err", "var_poisson", "var_rnoise", "var_flat"):
        setattr(model, name, rng.uniform(0.5, 2, (NY, NX)).astype(np.float32))
    model.dq = rng.choice([0, 0, 0, 4], (NY, NX)).astype(np.uint32)
    meta = model.meta
    meta.instrument.name, meta.exposure.type = instrument, KINDS[instrument]
    if instrument == "NIRISS":
        meta.instrument.detector, meta.instrument.filter, meta.instrument.pupil = "NIS", dispersed, "F200W"
        meta.instrument.filter_position = 217.3
    elif instrument == "NIRCAM":
        meta.instrument.detector, meta.instrument.module, meta.instrument.channel = "NRCALONG", "A", "LONG"
        meta.instrument.filter, meta.instrument.pupil = "F356W", dispersed
    else:
        meta.instrument.detector, meta.instrument.filter = "MIRIMAGE", "P750L"
    meta.observation.date, meta.observation.time = "2023-07-01", "00:00:00.000"
    meta.filename = "jw01000001001_02101_00001_nis_rate.fits"
    meta.subarray.name, meta.subarray.xstart, meta.subarray.ystart = "FULL", 1, 1
    meta.subarray.xsize, meta.subarray.ysize = NX, NY
    point(meta, instrument)
    meta.wcsinfo.velosys = velocity
    meta.bunit_data = meta.bunit_err = "DN/s"
    return model


def point(meta, instrument):
    """Point the telescope so that the middle of the image is at its reference point."""
    v2, v3 = program_of(read_document(DISTORTIONS[instrument])["model"]).at(NX / 2, NY / 2)
    pointing = {"v2_ref": v2, "v3_ref": v3, "ra_ref": 53.1, "dec_ref": -27.8, "roll_ref": 33.0, "v3yangle": 0.5,
                "vparity": -1}  # fmt: skip
    for name, value in pointing.items():
        setattr(meta.wcsinfo, name, float(value) if name != "vparity" else value)
    meta.velocity_aberration.scale_factor = 1.00006
    meta.wcsinfo.s_region = "POLYGON ICRS  53.1 -27.8 53.2 -27.8 53.2 -27.7"


def by_place(*coefficients):
    return [Polynomial2D(1, c0_0=one, c1_0=x, c0_1=y) for one, x, y in coefficients]


LONG, SHORT = (
    [by_place((-20.0, 1e-2, 0), (60.0, 1e-2, 1e-2)), by_place((-120.0, 0, 0), (90.0, 0, 0)),
     by_place((50.0, 0, 0), (5.0, 0, 0))],
    [by_place((0.5, 1e-3, 0), (-3.0, 0, 1e-2)), by_place((1.5, 0, 0), (2.0, 0, 0)), by_place((0.2, 0, 0), (0.1, 0, 0))],
)  # fmt: skip


def specwcs(folder, instrument="NIRISS", along_rows=False):
    """A reference of traces, 60 and 90 pixels long."""
    orders = list(RANGES)[:1] if instrument == "MIRI" else list(RANGES)
    x, y = (LONG, SHORT) if along_rows else (SHORT, LONG)
    lines = [Polynomial1D(1, c0=low, c1=high - low) for low, high in RANGES.values()]
    back = [Polynomial1D(1, c0=-low / (high - low), c1=1 / (high - low)) for low, high in RANGES.values()]
    lines, back, x, y = (one[: len(orders)] for one in (lines, back, x, y))
    if instrument == "NIRCAM":
        waves = [by_place((low, 0, 0), (high - low, 1e-5, 0)) for low, high in RANGES.values()]
        model = datamodels.NIRCAMGrismModel(displ=waves, dispx=x, dispy=y, orders=orders)
    else:
        kind = datamodels.NIRISSGrismModel if instrument == "NIRISS" else datamodels.MiriWFSSSpecwcsModel
        more = {"fwcpos_ref": 217.0} if instrument == "NIRISS" else {}
        model = kind(displ=lines, invdispl=back, dispx=x, dispy=y, orders=orders, **more)
    path = Path(folder) / f"{instrument}_{along_rows}_specwcs.asdf"
    _complete(model, instrument).save(path)
    return path


def wavelengthrange(folder, instrument="NIRISS", kind=None, rows=None):
    """A reference of ranges of wavelengths."""
    extracted = [1] if instrument == "MIRI" else [1, 2]
    element = {"NIRISS": "F200W", "NIRCAM": "F356W", "MIRI": "P750L"}[instrument]
    rows = [[order, element, *ends] for order, ends in RANGES.items()] if rows is None else rows
    model = datamodels.WavelengthrangeModel(
        wrange_selector=[element], wrange=rows, order=list(RANGES), extract_orders=[[element, extracted]]
    )
    path = Path(folder) / f"{instrument}_wavelengthrange.asdf"
    _complete(model, instrument, kind).save(path)
    return path


def _complete(model, instrument, kind=None):
    meta = model.meta
    meta.instrument.name, meta.exposure.type = instrument, kind or KINDS[instrument]
    meta.exposure.p_exptype = f"{meta.exposure.type}|"
    meta.description = meta.author = "a test"
    meta.pedigree, meta.useafter, meta.input_units, meta.output_units = "GROUND", "2020-01-01T00:00:00", "um", "um"
    return model


def catalog(path, image, stars=STARS):
    """Write a catalog as source_catalog does: ``image`` maps pixels of the direct image to the sky."""
    places = np.array([(star.x, star.y) for star in stars.values()])
    corners = {"ll": (-1, -1), "lr": (1, -1), "ul": (-1, 1), "ur": (1, 1)}
    halves = np.array([star.half for star in stars.values()])[:, None]
    table = QTable()
    table["label"] = list(stars)
    for axis, name in enumerate(("xcentroid", "ycentroid")):
        table[name] = places[:, axis] * units.pix
    for name, moved in (("sky_centroid", (0, 0)), *((f"sky_bbox_{one}", sides) for one, sides in corners.items())):
        table[name] = SkyCoord(*image(*(places + halves * moved).T), unit="deg")
    table["isophotal_abmag"] = [star.magnitude for star in stars.values()]
    table["isophotal_abmag_err"] = 0.01
    table["is_extended"] = [star.is_extended for star in stars.values()]
    table.write(path, format="ascii.ecsv", overwrite=True)
    return path


def overrides(folder, instrument="NIRISS", along_rows=False):
    """References of assign_wcs."""
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    return kinds | {
        "override_distortion": str(DISTORTIONS[instrument]),
        "override_specwcs": str(specwcs(folder, instrument, along_rows)),
    }


def field_background(folder, level=1.0):
    """A reference of the background of a field, with a flag."""
    y, x = np.mgrid[:NY, :NX]
    data = (level * (1 + 0.3 * np.sin(x / 40) + 0.002 * y)).astype(np.float32)
    dq = np.zeros((NY, NX), np.uint32)
    dq[5, 6] = 1
    model = datamodels.WfssBkgModel(data=data, dq=dq, err=np.full((NY, NX), 0.01, np.float32))
    place = model.meta.subarray
    place.name, place.xstart, place.ystart, place.xsize, place.ysize = "FULL", 1, 1, NX, NY
    place.fastaxis, place.slowaxis = -2, -1
    model.meta.instrument.filter, model.meta.instrument.pupil = "GR150R", "F200W"
    model.meta.instrument.detector = "NIS"
    path = Path(folder) / f"{level:g}_bkg.fits"
    _complete(model, "NIRISS").save(path)
    return path


def photom(folder, orders=(1, 2, 0), instrument="NIRISS", unit="MJy micron s / (DN sr)"):
    """A reference of the response of the detector: a slope in order 1, half as sensitive in all others."""
    waves = np.linspace(1.6, 2.4, 9)
    lines = [(name, "<f4", (9,)) for name in ("wavelength", "relresponse", "reluncertainty")]
    kind = [("filter", "S12"), ("pupil", "S15"), ("order", "<i2"), ("photmjsr", "<f4"), ("uncertainty", "<f4"),
            ("nelem", "<i2"), *lines]  # fmt: skip
    element = ("GR150R", "F200W") if instrument == "NIRISS" else ("F356W", "GRISMR")
    factors = {1: 0.01}
    rows = [(*element, order, factors.get(order, 0.02), 0, 9, waves, waves - 1, 0 * waves) for order in orders]
    model = datamodels.NisWfssPhotomModel(phot_table=np.array(rows, kind))
    model.phot_unit = unit
    path = Path(folder) / "photom.fits"
    _complete(model, instrument).save(path)
    return path


def direct_image(folder, wcs, stars=STARS, background=0.3):
    """Write an image of stars, and the map of their segments: squares, brighter in the middle; their names."""
    y, x = np.mgrid[0:NY, 0:NX]
    image, segments = np.full((NY, NX), background, np.float32), np.zeros((NY, NX), np.int32)
    for label, star in stars.items():
        inside = (abs(x - round(star.x)) <= star.half) & (abs(y - round(star.y)) <= star.half)
        segments[inside] = label
        image[inside] += (10 ** (-0.4 * (star.magnitude - 20)) * np.exp(-np.hypot(x - star.x, y - star.y) / 2))[inside]
    names = []
    kinds = {"i2d": (datamodels.ImageModel, image), "segm": (datamodels.SegmentationMapModel, segments)}
    for name, (kind, data) in kinds.items():
        model = kind(data)
        model.meta.wcs = wcs
        model.save(Path(folder) / f"field_{name}.fits")
        names.append(f"field_{name}.fits")
    return names
