"""What a slit of NIRSpec loses: the path losses of a source, the shadows of the bars between shutters.

Layouts: https://jwst-pipeline.readthedocs.io, "PATHLOSS Reference File" and "BARSHADOW Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.nirspec_settings import ALL_WAVELENGTHS, FIXED_SLITS, SHUTTER, SHUTTER_PITCH
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

MICRON = 1e-6
PLANES = 21
PLACES = 21  # along each side of a slit
SHADOW_ROWS, SHADOW_COLUMNS = 1001, 101
PSF_PER_MICRON = 0.028  # sigma of a point source, arcsec at 1 micron


def pathloss(exp_type: str):
    """The light that passes an aperture, by wavelength and by place of the source.

    Parameters
    ----------
    exp_type : str

    Returns
    -------
    PathlossModel
        Of all fixed slits, or of one and of three shutters with NRS_MSASPEC.
    """
    model = datamodels.PathlossModel()
    if exp_type == "NRS_MSASPEC":
        apertures = {"MOS1x1": (SHUTTER, 1), "MOS1x3": (SHUTTER, 3)}
    else:
        apertures = {name: (size, 1) for name, size in FIXED_SLITS.items()}
    waves = np.linspace(*ALL_WAVELENGTHS, PLANES)
    for number, (name, (size, shutters)) in enumerate(apertures.items()):
        passed = _of_points(waves, size, shutters, number)
        model.apertures.append(
            {
                "name": name,
                "shutters": shutters,
                "pointsource_data": passed,
                "pointsource_err": np.full(passed.shape, 0.01, np.float32),
                "uniform_data": (0.97 - 0.02 * number + 0.004 * (waves - waves[0])).astype(np.float32),
                "uniform_err": np.full(PLANES, 0.01, np.float32),
            }
        )
        aperture = model.apertures[number]
        _set_axis(aperture.pointsource_wcs, 1, -0.5, 1 / (PLACES - 1))
        _set_axis(aperture.pointsource_wcs, 2, -0.5 * shutters, 1 / (PLACES - 1))
        step = (waves[1] - waves[0]) * MICRON
        _set_axis(aperture.pointsource_wcs, 3, waves[0] * MICRON, step)
        _set_axis(aperture.uniform_wcs, 1, waves[0] * MICRON, step)
    describe(model, "pathloss", exp_type, name="NIRSPEC")
    return model


def _set_axis(wcs, axis, first, step):
    setattr(wcs, f"crpix{axis}", 1.0)
    setattr(wcs, f"crval{axis}", float(first))
    setattr(wcs, f"cdelt{axis}", float(step))


def _of_points(waves, size, shutters, number):
    """Share of a Gaussian source that passes, (PLANES, ny, PLACES); a little askew, so that signs matter."""
    x = np.linspace(-0.5, 0.5, PLACES)
    y = np.linspace(-0.5 * shutters, 0.5 * shutters, shutters * (PLACES - 1) + 1)
    sigma = (0.02 + PSF_PER_MICRON * waves)[:, None]
    across = _passing(x * size[0], size[0], sigma)
    pitch = size[1] if shutters == 1 else SHUTTER_PITCH
    openings = np.arange(shutters) - (shutters - 1) / 2
    along = sum(_passing((y - middle) * pitch, size[1], sigma) for middle in openings)
    askew = 1 + 0.02 * x[None, None, :] - 0.01 * y[None, :, None] - 0.01 * number
    return (across[:, None, :] * along[:, :, None] * askew).astype(np.float32)


def _passing(place, width, sigma):
    from scipy.special import ndtr

    return ndtr((width / 2 - place) / sigma) - ndtr((-width / 2 - place) / sigma)


def barshadow():
    """The light that reaches a row of an evenly lit slitlet, of one shutter and of three.

    Returns
    -------
    BarshadowModel
        Rows go from -1 to 1 in pitches of shutters.
    """
    model = datamodels.BarshadowModel()
    y = np.linspace(-1, 1, SHADOW_ROWS)[:, None]
    waves = np.linspace(*ALL_WAVELENGTHS, SHADOW_COLUMNS)[None, :]
    blur = 0.03 + 0.01 * waves
    alone = 1 / (1 + np.exp((np.abs(y + 0.005) - 0.45) / blur))
    between = 1 - 0.5 * np.exp(-0.5 * ((np.abs(y) - 0.5) / (1.5 * blur)) ** 2) - 0.01 * y
    model.data1x1 = np.maximum(alone, 0.01).astype(np.float32)
    model.data1x3 = between.astype(np.float32)
    model.var1x1 = np.full((SHADOW_ROWS, SHADOW_COLUMNS), 1e-4, np.float32)
    model.var1x3 = np.full((SHADOW_ROWS, SHADOW_COLUMNS), 1e-4, np.float32)
    model.crval1, model.cdelt1 = waves[0, 0] * MICRON, (waves[0, 1] - waves[0, 0]) * MICRON
    model.crval2, model.cdelt2 = -1.0, 2 / (SHADOW_ROWS - 1)
    describe(model, "barshadow", "NRS_MSASPEC", name="NIRSPEC")
    return model
