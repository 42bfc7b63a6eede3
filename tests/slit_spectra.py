"""Slit spectra with coordinates of known transforms, as models that both pipelines take."""

import numpy as np
from astropy import coordinates, units
from astropy.modeling import models
from gwcs import WCS
from gwcs import coordinate_frames as frames
from stdatamodels.jwst.datamodels import MultiSlitModel, SlitModel

ROWS, COLUMNS = 24, 70

# Side of a pixel along the slit, degrees.
PIXEL = 0.1 / 3600


def polynomial(**coefficients):
    return models.Polynomial2D(2, **coefficients)


def nirspec_wcs(offset=0.0, shift=0.0, angle=30.0, shape=(ROWS, COLUMNS), lamp=False):
    """Coordinates of a curved slit spectrum.

    Parameters
    ----------
    offset : float
        By which the exposure is nodded along the slit, pixels.
    shift : float
        By which its wavelengths are shifted, pixels.
    angle : float
        Of the slit on the sky, degrees.
    shape : tuple of int
        Rows and columns.
    lamp : bool
        Whether they end in the plane of the shutters.
    """
    rows, columns = shape
    middle = rows / 2
    along = polynomial(c0_0=-0.05 * middle, c0_1=0.05, c1_0=2e-4, c2_0=1e-6)
    wavelength = polynomial(c0_0=1e-6 + 1e-8 * shift, c1_0=1e-8, c0_1=2e-10, c2_0=2e-12)
    to_x = polynomial(c0_0=-100.0)  # of no use to any grid
    to_slit = models.Mapping((0, 1, 0, 1, 0, 1)) | polynomial(c0_0=0.0) & along & wavelength
    to_slit.inverse = models.Mapping((0, 1, 0, 1), n_inputs=3) | to_x & to_x
    scale = PIXEL / 0.05
    turned = models.AffineTransformation2D(
        scale * np.array([[np.cos(np.deg2rad(angle)), -np.sin(np.deg2rad(angle))],
                          [np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))]]),
        translation=[0.0, PIXEL * offset],
    )  # fmt: skip
    if lamp:
        turned.translation = [0.01, 0.02]
        to_world = turned & models.Scale(1e6)
        spatial = frames.Frame2D(name="msa_frame", axes_order=(0, 1), unit=(units.m, units.m))
    else:
        sky = turned | models.Pix2Sky_TAN() | models.RotateNative2Celestial(5.63, -72.05, 180)
        to_world = sky & models.Scale(1e6)
        spatial = frames.CelestialFrame(name="sky", axes_order=(0, 1), reference_frame=coordinates.ICRS())
    spectral = frames.SpectralFrame(name="spectral", axes_order=(2,), unit=(units.micron,), axes_names=("wavelength",))
    slit = frames.Frame2D(name="slit_spatial", axes_order=(0, 1), unit=("", ""), axes_names=("x_slit", "y_slit"))
    wcs = WCS([
        (frames.Frame2D(name="detector", axes_order=(0, 1)), to_slit),
        (frames.CompositeFrame([slit, spectral], name="slit_frame"), to_world),
        (frames.CompositeFrame([spatial, spectral], name="msa_frame" if lamp else "world"), None),
    ])  # fmt: skip
    wcs.bounding_box = ((-0.5, columns - 0.5), (-0.5, rows - 0.5))
    return wcs


def spectrum(number=0, shape=(ROWS, COLUMNS), **pointing):
    """A model of one slit: a source on a sky, noise, and pixels that are not to be used; see `nirspec_wcs`."""
    noise = np.random.default_rng(number)
    rows, columns = shape
    y = np.arange(rows)[:, None] - rows / 2 - pointing.get("offset", 0.0)
    light = 3 + 80 * np.exp(-0.5 * (y / 1.5) ** 2) * (1 + 0.3 * np.sin(np.arange(columns) / 7))
    model = SlitModel()
    model.var_poisson = (light / 50).astype(np.float32)
    model.var_rnoise = noise.uniform(0.5, 1.5, shape).astype(np.float32)
    model.var_flat = np.full(shape, 0.01, np.float32)
    model.err = np.sqrt(model.var_poisson + model.var_rnoise + model.var_flat)
    model.data = (light + noise.normal(0, 1, shape) * model.err).astype(np.float32)
    model.dq = np.zeros(shape, np.uint32)
    model.dq[4, 9], model.dq[rows // 2, 30] = 1, 4
    model.data[7, 20], model.err[9, 21] = np.nan, np.nan
    model.meta.wcs = nirspec_wcs(shape=shape, **pointing)
    wavelength = model.meta.wcs(*np.meshgrid(np.arange(columns), np.arange(rows)))[2]
    model.wavelength = wavelength.astype(np.float32)
    model.name, model.source_id, model.source_name, model.source_type = "S200A1", 1, "", "POINT"
    model.source_xpos, model.source_ypos = 0.0, 0.05 * pointing.get("offset", 0.0)
    model.xstart, model.xsize, model.ystart, model.ysize = 1, columns, 1, rows
    model.meta.wcsinfo.dispersion_direction = 1
    model.meta.wcsinfo.s_region = "POLYGON ICRS  5.62 -72.06 5.64 -72.06 5.64 -72.04 5.62 -72.04"
    model.meta.instrument.name, model.meta.exposure.type = "NIRSPEC", "NRS_FIXEDSLIT"
    model.meta.photometry.pixelarea_steradians = 2.4e-13
    model.meta.photometry.pixelarea_arcsecsq = 0.0102
    model.meta.bunit_data = model.meta.bunit_err = "MJy"
    model.meta.filename = f"jw0000100100{number}_02101_00001_nrs1_cal.fits"
    observe(model, number)
    return model


def observe(model, number):
    """Tell when an exposure was taken."""
    exposure, observation = model.meta.exposure, model.meta.observation
    exposure.start_time, exposure.end_time = 60000.0 + number, 60000.01 + number
    exposure.exposure_time, exposure.duration, exposure.measurement_time = 100.0 + number, 110.0, 90.0
    observation.program_number, observation.observation_number, observation.visit_number = "00001", "001", "001"
    observation.visit_group, observation.sequence_id, observation.activity_id = "02", "1", "01"
    observation.exposure_number = f"{number + 1:05d}"


def several_slits(number=0, offset=0.0, count=3):
    """A model of several slits with a source each."""
    model = MultiSlitModel()
    for place in range(count):
        shape = ROWS + place, COLUMNS + 3 * place
        slit = spectrum(10 * number + place, shape=shape, offset=offset, angle=40.0 * place)
        slit.name, slit.source_id = f"S{place}", place + 1
        model.slits.append(slit)
    model.meta.instrument.name, model.meta.exposure.type = "NIRSPEC", "NRS_FIXEDSLIT"
    model.meta.filename = f"jw0000100100{number}_02101_00001_nrs1_cal.fits"
    observe(model, number)
    return model
