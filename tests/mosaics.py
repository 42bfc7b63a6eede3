"""A small mosaic of stars and galaxies, and the references that its catalog is made with."""

import numpy as np
from astropy.table import Table
from stdatamodels.jwst import datamodels

SCALE = 0.063 / 3600

PARTS = (0.3, 0.5, 0.7)
RADII = (0.9, 1.6, 2.6)


def mosaic(shape=(300, 300), nsources=40, seed=4, instrument="NIRCAM", empty=True):
    """An i2d product: every third source is a galaxy, and the noise is told by its errors.

    Parameters
    ----------
    empty : bool
        Whether there is a border without an image, and a hole.
    """
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    noise = 0.02
    data = rng.normal(0.5, noise, shape) + 2e-4 * x
    for number, (row, column) in enumerate(rng.uniform(8, np.array(shape) - 8, (nsources, 2))):
        width, ratio, turn = (1.1, 1, 0) if number % 3 else (*rng.uniform((2, 0.4), (4, 1)), rng.uniform(0, np.pi))
        rows, columns = (slice(max(0, int(place) - 24), int(place) + 25) for place in (row, column))
        from_x, from_y = x[rows, columns] - column, y[rows, columns] - row
        along = from_x * np.cos(turn) + from_y * np.sin(turn)
        across = from_y * np.cos(turn) - from_x * np.sin(turn)
        data[rows, columns] += rng.exponential(4) * np.exp(-(along**2 + (across / ratio) ** 2) / (2 * width**2))
    err, wht = np.full(shape, noise) + 0.01 * np.sqrt(data), np.ones(shape)
    if empty:
        for there_is_none in (np.s_[:, :5], np.s_[200:215, 100:120]):
            data[there_is_none], err[there_is_none], wht[there_is_none] = np.nan, np.nan, 0
    model = datamodels.ImageModel(*(plane.astype(np.float32) for plane in (data,)))
    model.err, model.wht = err.astype(np.float32), wht.astype(np.float32)
    model.meta.bunit_data = model.meta.bunit_err = "MJy/sr"
    model.meta.photometry.pixelarea_steradians = float(np.deg2rad(SCALE) ** 2)
    model.meta.resample.pixel_scale_ratio = 0.9
    model.meta.filename = "made_i2d.fits"
    _say_instrument(model.meta, instrument)
    _give_wcs(model)
    return model


def _say_instrument(meta, instrument):
    told = {
        "NIRCAM": ("NRCALONG", "NRC_IMAGE", "F444W", "CLEAR"),
        "MIRI": ("MIRIMAGE", "MIR_IMAGE", "F1000W", None),
        "FGS": ("GUIDER1", "FGS_IMAGE", None, None),
    }
    meta.instrument.name = instrument
    meta.instrument.detector, meta.exposure.type, meta.instrument.filter, meta.instrument.pupil = told[instrument]
    meta.subarray.name = "FULL"


def _give_wcs(model, turn=25.0, centre=(80.0, -69.5)):
    from astropy import coordinates, units
    from astropy.modeling import models
    from gwcs import FITSImagingWCSTransform, coordinate_frames, wcs

    ny, nx = model.data.shape
    angle = np.deg2rad(turn)
    matrix = np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = [(nx - 1) / 2, (ny - 1) / 2]
    transform = FITSImagingWCSTransform(
        models.Pix2Sky_TAN(), crpix=middle, crval=list(centre), cdelt=[SCALE, SCALE], pc=matrix
    )
    transform.bounding_box = ((-0.5, ny - 0.5), (-0.5, nx - 0.5))
    detector = coordinate_frames.Frame2D(name="detector", axes_order=(0, 1), unit=(units.pix, units.pix))
    world = coordinate_frames.CelestialFrame(name="world", reference_frame=coordinates.ICRS())
    model.meta.wcs = wcs.WCS([(detector, transform), (world, None)])
    model.meta.wcsinfo.crpix1, model.meta.wcsinfo.crpix2 = (nx + 1) / 2, (ny + 1) / 2


def aperture_reference(folder, instrument="NIRCAM", elements=("F444W", "CLEAR")):
    """Aperture corrections; there are rows for another filter, too."""
    classes = {
        "NIRCAM": datamodels.NrcImgApcorrModel,
        "MIRI": datamodels.MirImgApcorrModel,
        "FGS": datamodels.FgsImgApcorrModel,
    }
    numbers = [(part, radius, 1.05 / part, 5.0, 8.0) for part, radius in zip(PARTS, RADII, strict=True)]
    rows = [(*elements, *row) for row in numbers] if elements else numbers
    rows += [("F200W", elements[1], *row) for row in numbers] if elements else []
    model = classes[instrument]()
    model.apcorr_table = np.array(rows, model.get_dtype("apcorr_table"))
    return _saved(model, instrument, "apcorr", folder / "apcorr.fits")


def vega_reference(folder, instrument="NIRCAM", columns=None):
    """Offsets of magnitudes."""
    columns = columns or {"filter": ["F200W", "F444W"], "pupil": ["CLEAR", "CLEAR"]}
    table = Table(columns | {"abvega_offset": np.array([1.7, 3.23], np.float32)[: len(next(iter(columns.values())))]})
    model = datamodels.ABVegaOffsetModel()
    model.meta.instrument.name = instrument
    model.abvega_offset = table
    return _saved(model, instrument, "abvegaoffset", folder / "abvegaoffset.asdf")


def _saved(model, instrument, kind, path):
    meta = model.meta
    meta.instrument.name = instrument
    meta.reftype, meta.description, meta.author, meta.pedigree = kind, "made", "made", "DUMMY"
    meta.useafter = "2022-01-01T00:00:00"
    model.save(path)
    return str(path)
