"""Slits to be extracted, and the references for that, as both pipelines take them."""

import json

import numpy as np
from astropy import coordinates, units
from astropy.modeling import models
from gwcs import WCS
from gwcs import coordinate_frames as frames
from stdatamodels.jwst import datamodels

from tests.slit_spectra import several_slits, spectrum

ROWS, COLUMNS, NINTS = 24, 70, 3

# Wavelengths of the apertures and models below reach beyond those of the slits, micron.
WAVELENGTHS = np.linspace(0.9, 2.5, 12)


def invertible_wcs(shape=(ROWS, COLUMNS)):
    """Coordinates of a slit that lead from a place in it back to the detector, with a slope of the trace."""
    rows, columns = shape
    to_slit = models.Mapping((0, 0, 1)) | models.Scale(0.0) & models.Scale(1.0) & models.Scale(1.0)
    to_slit |= models.Identity(1) & (
        models.AffineTransformation2D(np.array([[1e-8, 0.0], [1e-4, 0.05]]), translation=[1e-6, -0.6])
    )
    to_slit |= models.Mapping((0, 2, 1))
    inverse = models.Mapping((2, 1), n_inputs=3) | models.AffineTransformation2D(
        np.linalg.inv([[1e-8, 0.0], [1e-4, 0.05]]),
        translation=-np.linalg.inv([[1e-8, 0.0], [1e-4, 0.05]]) @ [1e-6, -0.6],
    )
    to_slit.inverse = inverse
    scale = 0.1 / 3600 / 0.05
    to_sky = models.Scale(scale) & models.Scale(scale) | models.Pix2Sky_TAN()
    to_world = (to_sky | models.RotateNative2Celestial(5.63, -72.05, 180)) & models.Scale(1e6)
    spectral = frames.SpectralFrame(name="spectral", axes_order=(2,), unit=(units.micron,), axes_names=("wavelength",))
    slit = frames.Frame2D(name="slit_spatial", axes_order=(0, 1), unit=("", ""), axes_names=("x_slit", "y_slit"))
    sky = frames.CelestialFrame(name="sky", axes_order=(0, 1), reference_frame=coordinates.ICRS())
    wcs = WCS([
        (frames.Frame2D(name="detector", axes_order=(0, 1)), models.Shift(0.0) & models.Shift(0.0)),
        (frames.Frame2D(name="gwa", axes_order=(0, 1)), to_slit),
        (frames.CompositeFrame([slit, spectral], name="slit_frame"), to_world),
        (frames.CompositeFrame([sky, spectral], name="world"), None),
    ])  # fmt: skip
    wcs.bounding_box = ((-0.5, columns - 0.5), (-0.5, rows - 0.5))
    return wcs


def calibrated(model, source_type="POINT"):
    """A model as photom leaves it."""
    meta = model.meta
    meta.cal_step.photom, meta.instrument.filter, meta.instrument.grating = "COMPLETE", "F170LP", "G235M"
    meta.instrument.detector = "NRS1"
    for slit in getattr(model, "slits", [model]):
        slit.source_type, slit.meta.wcsinfo.spectral_order = source_type, -1
    return model


def one_slit(source_type="POINT"):
    """A slit that is not resampled, whose trace is sloped."""
    model = spectrum(2)
    model.meta.wcs = invertible_wcs()
    model.source_xpos, model.source_ypos = 0.0, 0.03
    model.wavelength = model.meta.wcs(*np.meshgrid(np.arange(COLUMNS), np.arange(ROWS)))[2].astype(np.float32)
    return calibrated(model, source_type)


def series():
    """Integrations of a bright object."""
    one, rng = one_slit(), np.random.default_rng(5)
    model = datamodels.SlitModel()
    model.update(one)
    for name in ("data", "err", "var_poisson", "var_rnoise", "var_flat", "dq"):
        setattr(model, name, np.repeat(getattr(one, name)[None], NINTS, axis=0))
    model.data = model.data + rng.normal(0, 0.1, model.data.shape).astype(np.float32)
    model.dq[1, 14, 40] = 1
    model.wavelength, model.meta.wcs = one.wavelength, one.meta.wcs
    model.name, model.source_type, model.source_xpos, model.source_ypos = "S1600A1", "POINT", 0.0, 0.03
    model.meta.exposure.type, model.meta.visit.tsovisit = "NRS_BRIGHTOBJ", True
    exposure = model.meta.exposure
    exposure.nints, exposure.integration_start, exposure.integration_end, exposure.segment_number = 9, 4, 6, 2
    times = [(number, *(60000.0 + number + part / 10 for part in range(6))) for number in range(1, 10)]
    model.int_times = np.array(times, model.get_dtype("int_times"))
    return model


def slits(source_type="POINT"):
    """Three slits whose coordinates lead back to the detector."""
    model = several_slits()
    for slit in model.slits:
        shape = slit.data.shape
        slit.meta.wcs = invertible_wcs(shape)
        slit.source_xpos, slit.source_ypos = 0.0, -0.02
        slit.wavelength = slit.meta.wcs(*np.meshgrid(*map(np.arange, shape[::-1])))[2].astype(np.float32)
    return calibrated(model, source_type)


def apertures(path, *entries, **keys):
    """An extract1d reference with these apertures; by default one for all slits, with these keys."""
    entries = entries or ({"id": "ANY", "dispaxis": 1, "extract_width": 6, **keys},)
    content = {"INSTRUMENT": "NIRSPEC", "REFTYPE": "EXTRACT1D", "apertures": list(entries)}
    path.write_text(json.dumps(content))
    return str(path)


def corrections(path, sizeunit="pixels", slits=("S0", "S1", "S200A1", "S1600A1")):
    """An apcorr reference with a row for some slits."""
    sizes = np.repeat(np.arange(1.0, 15.0, 2)[:, None], len(WAVELENGTHS), axis=1) + WAVELENGTHS / 5
    sizes *= 1.0 if sizeunit == "pixels" else 0.1
    phases = np.array([0.0, 0.4, 0.9])
    factor = 1 + 1 / (1 + sizes[..., None] + phases) + 0.05 * WAVELENGTHS[:, None]
    dtype = [
        ("filter", "S12"), ("grating", "S15"), ("slit", "S15"), ("wavelength", "<f4", len(WAVELENGTHS)),
        ("nelem_wl", "<i2"), ("size", "<f4", sizes.shape), ("nelem_size", "<i2"), ("pixphase", "<f4", 3),
        ("apcorr", "<f4", factor.shape), ("apcorr_err", "<f4", factor.shape),
    ]  # fmt: skip
    row = WAVELENGTHS, len(WAVELENGTHS), sizes, len(sizes), phases
    rows = [("F170LP", "G235M", name, *row, factor * (1 + place / 9), factor) for place, name in enumerate(slits)]
    with datamodels.NrsFsApcorrModel(apcorr_table=np.array(rows, dtype)) as model:
        model.sizeunit = sizeunit
        _described(model, "apcorr")
        model.save(path)
    return str(path)


def point_sources(path):
    """A psf reference: a profile that widens with wavelength."""
    across = (np.arange(121) - 60.0)[:, None] / 5
    image = np.exp(-0.5 * (across / (0.8 + 0.5 * WAVELENGTHS)) ** 2)
    model = datamodels.SpecPsfModel()
    aperture = model.apertures.item()
    aperture.data, aperture.wave, aperture.name, aperture.subpix = image, WAVELENGTHS, "ANY", 5.0
    aperture.center_row, aperture.center_col = 60.0, 5.5
    model.apertures.append(aperture)
    _described(model, "psf")
    model.save(path)
    return str(path)


def _described(model, kind):
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.filter = "NIRSPEC", "NRS1", "F170LP"
    meta.reftype, meta.description, meta.author, meta.pedigree = kind, "made", "made", "DUMMY"
    meta.useafter, meta.exposure.type = "2022-01-01T00:00:00", "NRS_FIXEDSLIT"
