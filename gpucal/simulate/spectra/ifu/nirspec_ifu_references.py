"""The references of NIRSpec's integral field unit: written into a CRDS cache, and served.

Layouts: https://jwst-pipeline.readthedocs.io, the pages of reference files of assign_wcs, pathloss, photom, cube_build
and extract_1d.
"""

from pathlib import Path

import numpy as np

from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.references import write_tree
from gpucal.simulate.spectra import nirspec_flats, nirspec_photometry
from gpucal.simulate.spectra.ifu.nirspec_cube_parameters import cubepar
from gpucal.simulate.spectra.nirspec_settings import ALL_WAVELENGTHS, SLICES, wavelengths_of
from gpucal.simulate.spectra.point_profile import profile_sigma
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.simulate.spectra.shutter_operability import msaoper
from gpucal.simulate.spectra.spectral_references import (
    Setting,
    common_of_nirspec,
    of_json,
    of_model,
    of_optics,
    rng_of,
    write_and_serve,
)
from gpucal.startup.lazy import datamodels

KIND = "NRS_IFU"
APERTURE = "IFU"  # of the path losses
MICRON = 1e-6
PLANES, PLACES = 21, 21
WAVES = np.linspace(*ALL_WAVELENGTHS, 18, dtype=np.float32)
RADIUS, RADIUS_PER_MICRON = 0.25, 0.05  # of the aperture, arcsec
BACKGROUND_INSIDE, BACKGROUND_WIDTH = 0.2, 0.3  # ring: how far outside of the aperture it begins, arcsec
SIZES = np.linspace(0.1, 1.2, 8)  # arcsec

# How the fore optics shift an image: polynomials of the wavelength in metres, degrees on the sky behind the telescope.
CHROMATIC_X = (-3e-5, 10.0, 0.0)
CHROMATIC_Y = (1e-5, -5.0, 1e6)


def provide_nirspec_ifu_references(cache: CrdsCache, setting: Setting, failed_open=()) -> dict[str, Path]:
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    setting : Setting
    failed_open : iterable of (int, int, int)
        Shutters that stay open: quadrant, x and y, from 1.

    Returns
    -------
    dict
        Reference type -> path.
    """
    grating, selected, failed_open = setting.grating, setting.filter, tuple(failed_open)
    waves = wavelengths_of(grating, selected)
    state = KIND, grating, selected
    makers = common_of_nirspec(setting) | {
        "ifufore": of_optics("ifufore_0003"),
        "ifuslicer": of_optics("ifuslicer_0003"),
        "ifupost": of_optics("ifupost_0004"),
        "chromcorr": (KIND, "asdf", _write_chromcorr),
        "fflat": of_model(state, lambda: nirspec_flats.fore_flat(waves, KIND, rng_of("fflat", state))),
        "pathloss": of_model(KIND, pathloss),
        "photom": of_model(KIND, lambda: nirspec_photometry.photom(KIND)),
        "area": of_model(KIND, area),
        "cubepar": of_model(KIND, cubepar),
        "extract1d": (KIND, "asdf", _write_extract1d),
        "apcorr": (state, "asdf", lambda path: _write_apcorr(path, grating, selected)),
        "msaoper": of_json(failed_open, msaoper(failed_open)),
    }
    return write_and_serve(cache, setting, makers)


def pathloss():
    """What is lost between the slicer and the detector, by wavelength; nearly the same wherever a source is.

    Returns
    -------
    PathlossModel
    """
    model = datamodels.PathlossModel()
    waves = np.linspace(*ALL_WAVELENGTHS, PLANES)
    places = np.linspace(-0.5, 0.5, PLACES)
    x, y = places[None, None, :], places[None, :, None]
    point = (0.95 - 0.02 * (waves - 3)[:, None, None]) * np.exp(-0.3 * (x**2 + 1.5 * y**2)) * (1 + 0.02 * x - 0.01 * y)
    model.apertures.append(
        {
            "name": APERTURE,
            "shutters": 0,
            "pointsource_data": point.astype(np.float32),
            "pointsource_err": np.full(point.shape, 0.01, np.float32),
            "uniform_data": (0.97 - 0.01 * (waves - waves[0])).astype(np.float32),
            "uniform_err": np.full(PLANES, 0.01, np.float32),
        }
    )
    aperture, step = model.apertures[0], (waves[1] - waves[0]) * MICRON
    in_place, in_wave = (-0.5, 1 / (PLACES - 1)), (waves[0] * MICRON, step)
    for number, axis in enumerate((in_place, in_place, in_wave), 1):
        _set_axis(aperture.pointsource_wcs, number, *axis)
    _set_axis(aperture.uniform_wcs, 1, *in_wave)
    describe(model, "pathloss", KIND, name="NIRSPEC")
    return model


def _set_axis(wcs, axis, first, step):
    setattr(wcs, f"crpix{axis}", 1.0)
    setattr(wcs, f"crval{axis}", float(first))
    setattr(wcs, f"cdelt{axis}", float(step))


def area():
    """Areas of pixels, by slice.

    Returns
    -------
    NirspecIfuAreaModel
    """
    model = datamodels.NirspecIfuAreaModel()
    rows = [(number, nirspec_photometry.PIXEL_AREA * (1 + 0.002 * number)) for number in range(SLICES)]
    model.area_table = np.array(rows, [("slice_id", "i2"), ("pixarea", "f4")])
    describe(model, "area", KIND, name="NIRSPEC")
    return model


def _write_chromcorr(path):
    """Shifts of the image with wavelength; and the way back."""
    from astropy.modeling.models import Identity, Mapping, Polynomial1D

    def shifted(sign):
        place = (
            Mapping((axis,), n_inputs=3)
            + (Mapping((2,), n_inputs=3) | Polynomial1D(2, c0=sign * c0, c1=sign * c1, c2=sign * c2))
            for axis, (c0, c1, c2) in enumerate((CHROMATIC_X, CHROMATIC_Y))
        )
        x, y = place
        return Mapping((0, 1, 2, 0, 1, 2, 2)) | x & y & Identity(1)

    model = shifted(1)
    model.inverse = shifted(-1)
    own = {"input_units": "deg", "output_units": "deg", "exposure": {"type": KIND}}
    write_tree(path, {"name": "NIRSPEC"}, "chromcorr", "Simulated shifts with wavelength", {"model": model}, own)


def _write_extract1d(path):
    """Apertures that widen with wavelength, and rings of background about them."""
    radius = (RADIUS + RADIUS_PER_MICRON * WAVES).astype(np.float32)
    inside = (radius + BACKGROUND_INSIDE).astype(np.float32)
    data = {
        "wavelength": WAVES,
        "wavelength_units": "micron",
        "radius": radius,
        "radius_units": "arcsec",
        "inner_bkg": inside,
        "inner_bkg_units": "arcsec",
        "outer_bkg": (inside + BACKGROUND_WIDTH).astype(np.float32),
        "outer_bkg_units": "arcsec",
        "axis_ratio": np.ones_like(WAVES),
        "axis_pa": np.zeros_like(WAVES),
        "axis_pa_units": "degrees",
    }
    own = {"region_type": "target", "subtract_background": True, "method": "subpixel", "subpixels": 10}
    _write_inline(path, "extract1d", {"data": data}, own)


def _write_apcorr(path, grating, filter_name):
    """What falls outside of circular apertures, by radius and wavelength."""
    radius = np.repeat(SIZES[:, None], len(WAVES), axis=1)
    factor = 1 / (1 - np.exp(-0.5 * (radius / profile_sigma(WAVES)) ** 2))
    table = {
        "grating": grating,
        "filter": filter_name,
        "wavelength": WAVES,
        "wavelength_units": "micron",
        "radius": radius.astype(np.float32),
        "radius_units": "arcsec",
        "apcorr": factor.astype(np.float32),
        "apcorr_err": (0.01 * factor).astype(np.float32),
    }
    _write_inline(path, "apcorr", {"apcorr_table": table}, {})


def _write_inline(path, kind, tree, own):
    """References whose arrays must be in the text: they are read after the file was closed."""
    own = own | {"exposure": {"type": KIND}}
    write_tree(path, {"name": "NIRSPEC"}, kind, f"Simulated {kind} of cubes", tree, own, all_array_storage="inline")
