"""Small calibrated series in memory, for tests: images of a star, and spectra of integrations."""

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.data.spectra import Spectra
from gpucal.data.spectrum import Spectrum, layout_of
from gpucal.steps.parts.extraction.spectrum_tables import BY_INTEGRATION
from tests.kernels.series.scenes import series

PIXEL_AREA = 2e-14


def images(unit="MJy/sr"):
    """Integrations of a star whose planned place is x 12, y 11, with a table of times; a fresh model."""
    data, err, bad = series()
    model = datamodels.CubeModel(data=data, err=err, dq=bad.astype(np.uint32))
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.channel = "NIRCAM", "NRCALONG", "LONG"
    meta.instrument.filter, meta.instrument.pupil = "F444W", "CLEAR"
    meta.exposure.type, meta.visit.tsovisit = "NRC_TSIMAGE", True
    meta.exposure.nints, meta.exposure.integration_start, meta.exposure.integration_end = len(data), 1, len(data)
    meta.exposure.integration_time = 2.5
    meta.subarray.name, meta.target.catalog_name = "SUB64P", "STAR"
    meta.subarray.xstart, meta.subarray.ystart = 1, 1
    meta.subarray.xsize, meta.subarray.ysize = data.shape[2], data.shape[1]
    meta.bunit_data = meta.bunit_err = unit
    meta.photometry.pixelarea_steradians = PIXEL_AREA
    meta.wcsinfo.siaf_xref_sci, meta.wcsinfo.siaf_yref_sci = 13.0, 12.0
    meta.cal_step.assign_wcs = "COMPLETE"
    meta.filename = "star_calints.fits"
    model.int_times = int_times(len(data))
    return model


def int_times(number, first=1):
    """A table of times: a minute for each integration."""
    names = ("start_MJD_UTC", "mid_MJD_UTC", "end_MJD_UTC", "start_BJD_TDB", "mid_BJD_TDB", "end_BJD_TDB")
    table = np.zeros(number, [("integration_number", "i4"), *((f"int_{name}", "f8") for name in names)])
    table["integration_number"] = np.arange(first, first + number)
    for place, name in enumerate(names):
        table[f"int_{name}"] = 60000 + (np.arange(number) + 0.5 * (place % 3)) / 1440 + 0.003 * (place > 2)
    return table


def spectrum(flux, order=1, detector="NIS", first=0, wavelength=(1.0, 2.0, 3.0, 4.0)):
    """Integrations of an order: rows of fluxes (n, 4), a minute apart."""
    flux = np.asarray(flux, float)
    table = np.zeros(len(flux), layout_of("TSOMultiSpecModel").dtype(flux.shape[1], BY_INTEGRATION))
    table["WAVELENGTH"], table["FLUX"], table["FLUX_ERROR"] = wavelength, flux, 0.5
    table["INT_NUM"] = np.arange(len(flux)) + first + 1
    table["MJD-AVG"] = 60000 + (np.arange(len(flux)) + first) / 1440
    table["TDB-MID"] = table["MJD-AVG"] + 0.003
    values = {"spectral_order": order, "detector": detector}
    return Spectrum(values, table, {"FLUX": "Jy", "WAVELENGTH": "um"})


def spectra(*members, kind="NRS_BRIGHTOBJ", name="NIRSPEC"):
    """A product of spectra of integrations."""
    model = datamodels.TSOMultiSpecModel()
    meta = model.meta
    meta.instrument.name, meta.instrument.filter = name, "CLEAR"
    meta.exposure.type, meta.target.catalog_name, meta.subarray.name = kind, "STAR", "SUB512"
    meta.filename = "star_x1dints.fits"
    return Spectra(model, list(members))
