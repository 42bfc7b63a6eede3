"""Slit spectra with coordinates of known transforms, as models that both pipelines take."""

import numpy as np
from astropy import coordinates, units
from astropy.modeling import models
from gwcs import WCS
from gwcs import coordinate_frames as frames

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
