"""The measures of images give what was put into the products."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from bench.truth.imaging.astrometry import measure_astrometry
from bench.truth.imaging.conservation import measure_conservation, observe_stars
from bench.truth.imaging.levels import measure_levels
from bench.truth.imaging.outliers import measure_outliers
from bench.truth.imaging.photometry import measure_photometry
from gpucal.simulate import Effects, Field, ImagingOptions, Plan, PointingErrors, observe
from gpucal.steps.pointing.assign_wcs import AssignWcsStep

DO_NOT_USE, OUTLIER = 1, 16


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    options = ImagingOptions(
        Field(stars=30, galaxies=0), PointingErrors(common=0.1, relative=0.1), Effects(cosmic_ray_rate=1e-4)
    )
    place = tmp_path_factory.mktemp("observed")
    return observe(place, Plan(exposures=3), subarray="SUB320", rates=True, options=options)


def test_alignment_is_what_the_telescope_missed_by(observation, tmp_path):
    paths = [tmp_path / exposure.product("cal").name for exposure in observation.exposures]
    with observation.crds():
        for exposure, path in zip(observation.exposures, paths, strict=True):
            AssignWcsStep.call(exposure.path).save(path)
    found = measure_astrometry(observation, paths)
    missed = np.array([exposure.error[:2] for exposure in observation.exposures]) * 1e3
    apart = np.hypot(*(missed - missed.mean(axis=0)).T)
    assert found.absolute == pytest.approx(np.hypot(*missed.mean(axis=0)), rel=0.01)
    assert found.relative == pytest.approx(np.sqrt((apart**2).mean()), rel=0.01)
    assert found.worst == pytest.approx(apart.max(), rel=0.01)


def test_levels_are_compared_by_their_differences(observation, tmp_path):
    errors = np.array([0.01, -0.02, 0.01])
    paths = []
    for exposure, error in zip(observation.exposures, errors, strict=True):
        paths.append(tmp_path / f"{exposure.number}.fits")
        level = exposure.sky - 0.3 + error
        fits.PrimaryHDU(header=fits.Header({"BKGLEVEL": level})).writeto(paths[-1])
    found = measure_levels(observation, paths)
    assert (found.common, found.worst) == pytest.approx((-0.3, 0.02))


def test_outliers_are_counted(observation, tmp_path):
    cal, crf, expected = [], [], 0
    for exposure in observation.exposures:
        dq = fits.getdata(exposure.path, "DQ")
        flagged = dq.copy()
        hits = exposure.truth.hits[::2]
        flagged[hits["y"], hits["x"]] |= OUTLIER
        flagged[100, 100:103] |= OUTLIER
        expected += len(np.unique(hits[["y", "x"]][dq[hits["y"], hits["x"]] & DO_NOT_USE == 0]))
        for files, suffix, array in ((cal, "cal", dq), (crf, "crf", flagged)):
            files.append(tmp_path / f"{exposure.number}_{suffix}.fits")
            fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(array, name="DQ")]).writeto(files[-1])
    found = measure_outliers(observation, cal, crf)
    assert abs(sum(found.found) - expected) < 0.05 * expected  # a few hits are fainter than all bins
    assert sum(found.hits) > 1.8 * sum(found.found)
    assert found.false == pytest.approx(9 / (3 * 320**2), rel=0.2)
    assert replace(measure_outliers(observation, cal, cal), hits=()).found == (0, 0, 0, 0)


def test_fluxes_are_compared_with_those_of_stars_that_are_alone(observation, tmp_path):
    sources = observation.sources
    rng = np.random.default_rng(4)
    flux = np.asarray(sources["flux"]) * 1.03
    table = Table(
        {
            "sky_centroid": SkyCoord(sources["ra"], sources["dec"] + np.full(len(flux), 0.2 / 3600), unit="deg"),
            "aper_total_flux": flux,
            "aper_total_flux_err": np.where(flux > np.median(flux), 0.01 * flux, 0.1 * flux),
        }
    )
    faint = flux <= np.median(flux)
    table["aper_total_flux"][faint] += (0.1 * flux * rng.standard_normal(len(flux)))[faint]
    table.write(tmp_path / "cat.ecsv", format="ascii.ecsv")
    found = measure_photometry(observation, tmp_path / "cat.ecsv")
    assert found.found == found.stars > 20
    assert found.scatter < 0.01 and found.bias == pytest.approx(0.03, abs=1e-9)
    assert 0.5 < found.spread_of_pulls < 1.5


def test_flux_that_is_lost_is_seen(tmp_path):
    stars = observe_stars(tmp_path)
    sources = stars.sources
    header = WCS(naxis=2)
    header.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    header.wcs.crval, header.wcs.crpix = [80.5, -69.5], [200, 200]
    header.wcs.cdelt = [-0.063 / 3600, 0.063 / 3600]
    x, y = np.rint(header.all_world2pix(sources["ra"], sources["dec"], 0)).astype(int)
    image, area = np.zeros((400, 400), np.float32), 9.3e-14
    image[y, x] = 0.98 * sources["flux"] * 1e-6 / area
    hdu = fits.ImageHDU(image, header.to_header(), name="SCI")
    hdu.header["PIXAR_SR"] = area
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "i2d.fits")
    found = measure_conservation(stars, tmp_path / "i2d.fits", "square")
    assert (found.mean, found.spread) == pytest.approx((-0.02, 0), abs=1e-6)
