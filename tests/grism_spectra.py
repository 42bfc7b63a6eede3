"""Grism spectra that are cut out, of fields of many sources and of series of one, and references for them."""

import json

import numpy as np
from stdatamodels.jwst import datamodels

from tests.extraction_cases import invertible_wcs
from tests.slit_spectra import observe

FIELD, NIRCAM_FIELD, SERIES = "NIS_WFSS", "NRC_WFSS", "NRC_TSGRISM"

INSTRUMENTS = {
    FIELD: ("NIRISS", "NIS", "GR150R", "F200W", 2),
    NIRCAM_FIELD: ("NIRCAM", "NRCALONG", "F444W", "GRISMR", 1),
    SERIES: ("NIRCAM", "NRCALONG", "F444W", "GRISMR", 1),
}

# Source, spectral order, rows, columns along the dispersion, whether it is extended.
SOURCES = [
    (7, 1, 11, 40, False),
    (3, 1, 15, 43, True),
    (5, 1, 11, 37, False),
    (7, 2, 11, 25, False),
    (3, 2, 12, 31, True),
]

NINTS = 4


def one_box(kind, source, order, across, along, extended, seed=0):
    """The spectrum of a source, with rates."""
    rng, direction = np.random.default_rng(100 * seed + 10 * source + order), INSTRUMENTS[kind][-1]
    y, x = np.indices((across, along))
    light = 5 * source * np.exp(-0.5 * ((y - across / 2) / 2.0) ** 2) * (1 + 0.2 * np.sin(x / 5)) + 0.1
    planes = {
        "data": light + rng.normal(0, 0.05, light.shape),
        "wavelength": 1.7 + 0.018 * x + 2e-5 * x**2 + 1e-3 * y,
    }
    for name, scale in (("var_poisson", 1e-3), ("var_rnoise", 2e-3), ("var_flat", 1e-4)):
        planes[name] = rng.uniform(0.5, 1.5, light.shape) * scale
    planes["err"] = np.sqrt(planes["var_poisson"] + planes["var_rnoise"] + planes["var_flat"])
    planes["dq"] = (rng.random(light.shape) < 0.02).astype(np.uint32)
    planes["data"][planes["dq"] > 0] = np.nan
    slit = datamodels.SlitModel()
    for name, plane in planes.items():
        turned = plane.T if direction == 2 else plane
        setattr(slit, name, np.ascontiguousarray(turned, np.uint32 if name == "dq" else np.float32))
    slit.name, slit.source_id, slit.is_extended = str(source), source, extended
    slit.source_type = "EXTENDED" if extended else "POINT"
    slit.source_xpos, slit.source_ypos = 20.5 + source, 5.0
    slit.source_ra, slit.source_dec = 5.6 + source / 1000, -72.05
    slit.xstart, slit.ystart = 100 * order + source, 50 + source
    slit.ysize, slit.xsize = slit.data.shape
    slit.meta.wcsinfo.dispersion_direction, slit.meta.wcsinfo.spectral_order = direction, order
    slit.meta.wcs = invertible_wcs(slit.data.shape)
    slit.meta.bunit_data = slit.meta.bunit_err = "DN/s"
    return slit


def described(model, kind, number=0):
    """Metadata that select references and tell the exposure."""
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.filter, meta.instrument.pupil, _ = (
        INSTRUMENTS[kind]
    )
    meta.exposure.type, meta.exposure.mid_time = kind, 60010.0
    meta.exposure.integration_time = 50.0
    meta.subarray.name, meta.subarray.xstart, meta.subarray.ystart = "FULL", 1, 1
    meta.subarray.xsize = meta.subarray.ysize = 64
    meta.target.ra, meta.target.dec = 5.63, -72.05
    meta.filename = f"jw00001001001_02101_0000{number + 1}_{meta.instrument.detector.lower()}_cal.fits"
    observe(model, number)
    return model


def field(kind=FIELD, number=0, sources=SOURCES):
    """An exposure of a field of sources."""
    model = described(datamodels.MultiSlitModel(), kind, number)
    for row in sources:
        model.slits.append(one_box(kind, *row, seed=number))
    return model


def series(nints=NINTS):
    """A series of integrations of one source."""
    one = one_box(SERIES, 1, 1, 20, 60, False)
    model = described(datamodels.SlitModel(), SERIES)
    for name in ("data", "err", "dq", "var_poisson", "var_rnoise", "var_flat"):
        setattr(model, name, np.repeat(getattr(one, name)[None], nints, axis=0))
    model.data *= np.linspace(1, 0.9, nints, dtype=np.float32)[:, None, None]
    model.wavelength, model.meta.wcs = one.wavelength, one.meta.wcs
    model.name, model.source_id, model.source_type = "1", 1, "POINT"
    model.source_xpos, model.source_ypos = 12.0, 10.0
    model.meta.wcsinfo.dispersion_direction, model.meta.wcsinfo.spectral_order = 1, 1
    model.meta.visit.tsovisit, model.meta.target.source_type = True, "POINT"
    exposure = model.meta.exposure
    exposure.nints, exposure.integration_start, exposure.integration_end, exposure.segment_number = (
        9,
        4,
        3 + nints,
        2,
    )
    times = [(number, *(60000.0 + number + part / 10 for part in range(6))) for number in range(1, 10)]
    model.int_times = np.array(times, model.get_dtype("int_times"))
    return model


def photom(path, kind=FIELD, unit=None, orders=(1, 2)):
    """A photom reference with a row for each order."""
    wavelength = np.linspace(1.75, 2.4, 30)
    dtype = [
        ("filter", "S12"), ("pupil", "S15"), ("order", "<i2"), ("photmjsr", "<f4"), ("uncertainty", "<f4"),
        ("nelem", "<i2"), ("wavelength", "<f4", 34), ("relresponse", "<f4", 34), ("reluncertainty", "<f4", 34),
    ]  # fmt: skip
    table = np.zeros(len(orders), dtype)
    table["filter"], table["pupil"] = INSTRUMENTS[kind][2:4]
    table["order"], table["photmjsr"], table["nelem"] = (
        orders,
        np.arange(1, len(orders) + 1) * 0.01,
        len(wavelength),
    )
    table["wavelength"][:, : len(wavelength)] = wavelength
    table["relresponse"][:, : len(wavelength)] = 1 + (wavelength - 2) ** 2
    name = "NisWfssPhotomModel" if kind == FIELD else "NrcWfssPhotomModel"
    model = getattr(datamodels, name)(phot_table=table)
    model.meta.photometry.pixelarea_steradians, model.meta.photometry.pixelarea_arcsecsq = 1e-13, 0.00425
    if unit is not None:
        model.phot_unit = unit
    return _saved(model, path, "photom", kind)


def apcorr(path, kind=FIELD):
    """An apcorr reference for the filter and pupil, and for another one."""
    wavelength, size = np.linspace(1.6, 2.6, 5), np.array([3, 7, 11, 15], np.uint8)
    factor = 1 + 1 / size[None, :] + 0.02 * wavelength[:, None]
    dtype = [
        ("filter", "S12"), ("pupil", "S15"), ("wavelength", "<f4", 5), ("nelem_wl", "<i2"), ("size", "u1", 4),
        ("nelem_size", "<i2"), ("apcorr", "<f4", factor.shape), ("apcorr_err", "<f4", factor.shape),
    ]  # fmt: skip
    names = INSTRUMENTS[kind][2:4]
    rows = [
        (*names, wavelength, 5, size, 4, factor, factor),
        ("F090W", "CLEAR", wavelength, 5, size, 4, factor + 1, factor),
    ]
    name = "NisWfssApcorrModel" if kind == FIELD else "NrcWfssApcorrModel"
    model = getattr(datamodels, name)(apcorr_table=np.array(rows, dtype))
    model.sizeunit = "pixels"
    return _saved(model, path, "apcorr", kind)


def apertures(path):
    """An extract1d reference of a series: limits of a box, and a background that is a polynomial."""
    entry = {
        "id": "ANY", "dispaxis": 1, "xstart": 2, "xstop": 57, "ystart": 6, "ystop": 14,
        "bkg_coeff": [[-0.5], [3.5], [15.5], [19.5]], "bkg_order": 1,
    }  # fmt: skip
    path.write_text(json.dumps({"INSTRUMENT": "NIRCAM", "REFTYPE": "EXTRACT1D", "apertures": [entry]}))
    return str(path)


def _saved(model, path, kind, exposure_type):
    meta = model.meta
    meta.instrument.name, meta.instrument.detector = INSTRUMENTS[exposure_type][:2]
    meta.reftype, meta.description, meta.author, meta.pedigree = kind, "made", "made", "DUMMY"
    meta.useafter, meta.exposure.type = "2022-01-01T00:00:00", exposure_type
    model.save(path)
    return str(path)
