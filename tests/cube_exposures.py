"""Small exposures of integral fields with world coordinates that jwst reads, too, and the reference of their cubes."""

import gwcs
import numpy as np
from astropy.coordinates import ICRS
from astropy.modeling import bind_bounding_box, models
from astropy.units import Unit
from gwcs.coordinate_frames import CelestialFrame, CompositeFrame, CoordinateFrame, Frame2D, SpectralFrame
from gwcs.selector import LabelMapperArray, RegionsSelector
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE

CENTER = 150.0, -35.0
PIXEL, PLACE = ("x", "y"), ("a", "b", "lam")

# MIRI: slices along columns, of a channel on the left (101 and on) and of another one on the right (201 and on).
MRS_SHAPE = MRS_NY, MRS_NX = 70, 1032
MRS_SLICES = {100 + number: 10 * number for number in range(1, 6)}
MRS_SLICES |= {200 + number: 530 + 10 * number for number in range(1, 5)}
WIDE = 8

# NIRSpec: 30 slices along rows, and where across the field each is.
NRS_SHAPE = NRS_NY, NRS_NX = 200, 40
ACROSS = (15, 14, 16, 13, 17, 12, 18, 11, 19, 10, 20, 9, 21, 8, 22, 7, 23, 6, 24, 5, 25, 4, 26, 3, 27, 2, 28, 1, 29, 0)
TALL, PITCH = 5, 6
ARCSEC_OF_METRE = 125.0


def sky(turn, center=CENTER):
    """From arcsec on the plane that touches the sky at a point to the sky, beside wavelength."""
    angle = np.deg2rad(turn)
    matrix = [[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    plane = models.AffineTransformation2D(matrix) | models.Scale(1 / 3600) & models.Scale(1 / 3600)
    return (plane | models.Pix2Sky_TAN() | models.RotateNative2Celestial(*center, 180)) & models.Identity(1)


def polynomial(**coefficients):
    return models.Polynomial2D(2, **coefficients)


def together(*parts):
    """Functions of x and y, beside each other."""
    return models.Mapping([0, 1] * len(parts)) | parts[0] & parts[1] & parts[2]


def world_frame():
    celestial = CelestialFrame(name="sky", axes_order=(0, 1), reference_frame=ICRS(), unit=("deg", "deg"))
    return CompositeFrame([celestial, SpectralFrame(name="wave", axes_order=(2,), unit=("um",))], name="world")


def slice_frame(name, unit):
    types = ("SPATIAL", "SPATIAL", "SPECTRAL")
    return CoordinateFrame(3, types, (0, 1, 2), unit=(Unit(unit), Unit(unit), Unit("um")), axes_names=PLACE, name=name)


def mrs_labels():
    labels = np.zeros(MRS_SHAPE, np.int32)
    for number, column in MRS_SLICES.items():
        labels[:, column : column + WIDE] = number
    return labels


def mrs_wcs(turn=25.0, center=CENTER):
    """Frames detector, alpha_beta and world; wavelength along rows, 4.9 and 7.5 micron and on."""
    slices = {}
    for number, column in MRS_SLICES.items():
        middle, place = column + WIDE / 2 - 0.5, number % 100 - 3
        alpha = polynomial(c0_0=-0.19 * middle - 0.02, c1_0=0.19, c0_1=0.0006)
        beta = polynomial(c0_0=0.18 * place)
        first = 4.9 if number < 200 else 7.5
        wavelength = polynomial(c0_0=first - 2e-5 * middle, c1_0=2e-5, c0_1=0.0009)
        slices[number] = together(alpha, beta, wavelength)
    selector = RegionsSelector(PIXEL, PLACE, slices, LabelMapperArray(mrs_labels()))
    bind_bounding_box(selector, ((-0.5, MRS_NX - 0.5), (-0.5, MRS_NY - 0.5)), order="F")
    frames = Frame2D(name="detector"), slice_frame("alpha_beta", "arcsec"), world_frame()
    return gwcs.WCS([(frames[0], selector), (frames[1], sky(turn, center)), (frames[2], None)])


def nrs_labels():
    labels = np.zeros(NRS_SHAPE, np.int32)
    for slice_number in range(30):
        row = 8 + PITCH * slice_number
        labels[row : row + TALL, 1:-1] = slice_number + 1
    return labels


def nrs_wcs(turn=25.0, center=CENTER):
    """Frames coordinates, detector, slicer and world; wavelength along columns, 2.9 micron and on."""
    labels, slices = nrs_labels(), {}
    for number, across in enumerate(ACROSS):
        middle = 8 + PITCH * number + TALL / 2 - 0.5
        place = polynomial(c0_0=(across - 14.5) * 0.0008)
        along = polynomial(c0_0=-middle * 0.0008, c0_1=0.0008, c1_0=1e-6)
        made = together(place, along, polynomial(c0_0=2.9e-6 - 2e-11 * middle, c1_0=1.8e-9, c0_1=2e-11))
        rows = 8 + PITCH * number - 0.5, 8 + PITCH * number + TALL - 0.5
        bind_bounding_box(made, ((0.5, NRS_NX - 1.5), rows), order="F")
        slices[number + 1] = made
    selector = RegionsSelector(PIXEL, PLACE, slices, LabelMapperArray(labels))
    scale = models.Scale(ARCSEC_OF_METRE)
    to_sky = scale & scale & models.Scale(1e6) | sky(turn, center)
    frames = Frame2D(name="coordinates"), Frame2D(name="detector"), slice_frame("slicer", "m"), world_frame()
    steps = [(frames[0], models.Identity(2)), (frames[1], selector), (frames[2], to_sky), (frames[3], None)]
    return gwcs.WCS(steps)


SETTINGS = {
    "MIRI": (mrs_wcs, mrs_labels, {"channel": "12", "band": "SHORT", "detector": "MIRIFUSHORT"}, "MIR_MRS"),
    "NIRSPEC": (nrs_wcs, nrs_labels, {"grating": "G395M", "filter": "F290LP", "detector": "NRS1"}, "NRS_IFU"),
}


def cube_exposure(instrument="MIRI", number=1, turn=25.0, center=None, seed=1, **setting):
    """An exposure with light, bad pixels and NaN; each of a few numbers has its own pointing."""
    wcs_of, labels_of, usual, kind = SETTINGS[instrument]
    if center is None:
        center = CENTER[0] + 0.11 * (number - 1) / 3600, CENTER[1] - 0.17 * (number - 1) / 3600
    rng = np.random.default_rng(seed + number)
    labels = labels_of()
    model = datamodels.IFUImageModel(labels.shape)
    model.data = rng.normal(10, 2, labels.shape).astype(np.float32)
    model.err = rng.uniform(0.1, 0.5, labels.shape).astype(np.float32)
    model.dq = rng.choice([0] * 30 + [4, DO_NOT_USE, NON_SCIENCE], labels.shape).astype(np.uint32)
    model.data[rng.random(labels.shape) < 0.005] = np.nan
    model.err[rng.random(labels.shape) < 0.005] = np.nan
    model.meta.wcs = wcs_of(turn, center)
    for name, value in (usual | setting).items():
        setattr(model.meta.instrument, name, value)
    model.meta.instrument.name = instrument
    model.meta.exposure.type = kind
    model.meta.exposure.exposure_time = model.meta.exposure.duration = 100.0
    model.meta.observation.date, model.meta.observation.time = "2026-01-01", "00:00:00"
    model.meta.filename = f"jw01000001001_02101_{number:05d}_{usual['detector'].lower()}_cal.fits"
    model.meta.cal_step.assign_wcs = "COMPLETE"
    model.meta.coordinates.reference_frame = "ICRS"
    model.meta.target.type = "FIXED"
    ra, dec = center
    east, north = 0.9 / 3600 / np.cos(np.deg2rad(dec)), 0.8 / 3600
    corners = [(ra - east, dec - north), (ra - east, dec + north), (ra + east, dec + north), (ra + east, dec - north)]
    model.meta.wcsinfo.s_region = "POLYGON ICRS  " + " ".join(f"{value:.9f}" for pair in corners for value in pair)
    model.meta.wcsinfo.spectral_region = [2.0, 10.0]
    model.meta.wcsinfo.v2_ref, model.meta.wcsinfo.roll_ref = 1.0, 2.0
    model.meta.bunit_data = model.meta.bunit_err = "MJy/sr"
    return model


BANDS = {
    "MIRI": [("1", "SHORT", 0.13, 0.001, 4.895, 4.97), ("2", "SHORT", 0.17, 0.0013, 7.495, 7.57)],
    "NIRSPEC": [("G395M", "F290LP", 0.1, 0.00179, 2.895, 2.98)],
}
TABLES = {"MIRI": ("multichannel",), "NIRSPEC": ("prism", "med", "high")}


def cubepar(instrument="MIRI"):
    """The reference of cubes."""
    name = {"MIRI": "MiriIFUCubeParsModel", "NIRSPEC": "NirspecIFUCubeParsModel"}[instrument]
    model = getattr(datamodels, name)()
    bands = BANDS[instrument]
    keys = {"MIRI": ("channel", "band"), "NIRSPEC": ("disperser", "filter")}[instrument]
    columns = (*keys, "spaxelsize", "spectralstep", "wavemin", "wavemax")
    rows = [dict(zip(columns, band, strict=True)) for band in bands]
    model.ifucubepars_table = table_of(model, "ifucubepars_table", rows)
    falloff = {"roispatial": 0.22, "roispectral": 0.002, "power": 1.5, "softrad": 0.01, "scalerad": 0.15}
    for kind in ("msm", "emsm"):
        rows = [dict(zip(keys, band[:2], strict=True)) | falloff for band in bands]
        setattr(model, f"ifucubepars_{kind}_table", table_of(model, f"ifucubepars_{kind}_table", rows))
    ranges = [(band[4] - 0.01, band[5] + 0.01) for band in bands]
    steps = 0.0011, 0.0013
    planes = np.concatenate([np.arange(*ends, step) for ends, step in zip(ranges, steps, strict=False)])
    for table in TABLES[instrument]:
        for kind in ("msm", "emsm", "driz"):
            title = f"ifucubepars_{table}_{kind}_wavetable"
            setattr(model, title, table_of(model, title, [{"wavelength": wave} | falloff for wave in planes]))
    model.meta.instrument.name = instrument
    model.meta.description, model.meta.author, model.meta.pedigree = "of a test", "test", "DUMMY"
    model.meta.reftype, model.meta.useafter = "CUBEPAR", "2014-01-01T00:00:00"
    return model


def table_of(model, name, rows):
    """A table of the model, of those values that it has columns for."""
    columns = [column["name"] for column in model.schema["properties"][name]["datatype"]]
    dtype = model.get_dtype(name)
    made = np.zeros(len(rows), dtype)
    for place, row in enumerate(rows):
        made[place] = tuple(row[column] for column in columns)
    return made
