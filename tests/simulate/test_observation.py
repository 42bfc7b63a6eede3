"""Dithered imaging observations with known truth."""

import json
from pathlib import Path

import crds
import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.associations import read_association
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.simulate import Effects, Field, ImagingOptions, Observation, Plan, PointingErrors, observe
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.imaging_references import nominal_area
from gpucal.simulate.sky import source_table
from gpucal.wcs.documents import read_document
from gpucal.wcs.modes.imaging import imaging_wcs

QUIET = ImagingOptions(Field(stars=20, galaxies=4, sky_spread=0.0), effects=Effects.only("stars", "sky"))


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """Observe a subarray, once for each set of arguments, with one cache for all."""
    made, cache = {}, tmp_path_factory.mktemp("cache")

    def make(subarray="SUB160", **arguments):
        key = repr((subarray, arguments))
        if key not in made:
            place = tmp_path_factory.mktemp("observed")
            made[key] = observe(place, subarray=subarray, rates=True, cache=cache, **arguments)
        return made[key]

    return make


def wcs_of(exposure):
    """The WCS that stage 2 makes of an exposure."""
    offsets = exposure.references.get("filteroffset")
    rows = read_document(offsets)["filters"] if offsets else None
    distortion = read_document(exposure.references["distortion"])["model"]
    return imaging_wcs(Exposure(datamodels.open(exposure.path)), distortion, rows)


def offset(wcs, place):
    """How far a pixel is from the middle of the field: arcsec east and north."""
    ra, dec = wcs.program().at(*place)
    return (ra - 80.5) * np.cos(np.deg2rad(dec)) * 3600, (dec + 69.5) * 3600


def brightness(exposure):
    """What a perfect calibration gives, MJy/sr, without the sky; and the solid angles of the pixels, steradians."""
    references = exposure.references
    flat, area = fits.getdata(references["flat"]).astype(float), fits.getdata(references["area"]).astype(float)
    header = fits.getheader(exposure.path)
    y, x = header["SUBSTRT2"] - 1, header["SUBSTRT1"] - 1
    area = area[y : y + flat.shape[0], x : x + flat.shape[1]] * nominal_area(exposure.detector)
    rate = exposure.truth.rate
    seen = rate * exposure.band.photmjsr / flat - exposure.sky
    return np.where(rate == 0, 0, seen), area  # reference pixels see nothing


def test_a_star_is_where_the_header_says_with_the_flux_of_the_catalogue(observed):
    star = source_table(ra=[80.5], dec=[-69.5], flux=[1e-6])
    observation = observed(plan=Plan(exposures=3, turn=20), sources=star, options=QUIET)
    places = []
    for exposure in observation.exposures:
        image, area = brightness(exposure)
        flux = image * area * 1e6  # Jy
        assert flux.sum() == pytest.approx(1e-6, rel=1e-4)  # aberration changes areas by 4e-5
        y, x = np.mgrid[: image.shape[0], : image.shape[1]]
        place = np.array([(flux * x).sum(), (flux * y).sum()]) / flux.sum()
        assert offset(wcs_of(exposure), place) == pytest.approx((0, 0), abs=2e-5)
        places.append(place)
    assert np.hypot(*(places[1] - places[0])) > 5 and np.hypot(*(places[2] - places[0])) > 5


@pytest.mark.parametrize("roll", [0.0, 0.1])
def test_the_telescope_misses_by_what_is_told(observed, roll):
    star = source_table(ra=[80.5], dec=[-69.5], flux=[1e-6])
    options = ImagingOptions(QUIET.field, PointingErrors(common=0.2, relative=0.05, roll=roll), QUIET.effects)
    observation = observed(detectors=("NRCB3",), sources=star, options=options)
    assert 0.01 < np.std([exposure.error[:2] for exposure in observation.exposures]) < 0.5
    for exposure in observation.exposures:
        image, _ = brightness(exposure)
        y, x = np.mgrid[: image.shape[0], : image.shape[1]]
        place = (image * x).sum() / image.sum(), (image * y).sum() / image.sum()
        assert offset(exposure.projection().wcs, place) == pytest.approx((0, 0), abs=2e-5)
        if roll == 0:
            assert offset(wcs_of(exposure), place) == pytest.approx((-exposure.error[0], -exposure.error[1]), abs=2e-5)


def test_rates_are_as_noisy_as_they_say(observed):
    noisy = Effects.only("stars", "sky", "dark", "bad_pixels", "poisson", "read_noise")
    options = ImagingOptions(Field(stars=10, galaxies=2), effects=noisy)
    observation = observed(plan=Plan(exposures=1), subarray="SUB320", readpatt="SHALLOW4", options=options)
    exposure = observation.exposures[0]
    with datamodels.open(exposure.path) as rate:
        good = rate.dq & DO_NOT_USE == 0
        pulls = (rate.data - exposure.truth.rate)[good] / rate.err[good]
        np.testing.assert_allclose(rate.err**2, rate.var_poisson + rate.var_rnoise, rtol=1e-5)
        assert np.isnan(rate.data[~good]).all() and 0 < (~good).sum() < 200
    assert abs(pulls.mean()) < 0.015 and abs(pulls.std() - 1) < 0.01


def test_raw_ramps_have_the_light_and_the_coordinates_of_rates(tmp_path):
    arguments = {"plan": Plan(exposures=1), "subarray": "SUB160", "ngroups": 3, "options": QUIET}
    raw, rates = (observe(tmp_path / name, rates=name == "rates", **arguments) for name in ("raw", "rates"))
    exposure = raw.exposures[0]
    assert exposure.path.name == "jw01000001001_02101_00001_nrcalong_uncal.fits"
    groups = fits.getdata(exposure.path, "SCI")[0].astype(float)
    gained = exposure.truth.rate * fits.getval(exposure.path, "TGROUP")
    assert np.abs(groups[2] - groups[1] - gained).max() < 1.01  # whole numbers
    np.testing.assert_array_equal(exposure.truth.rate, rates.exposures[0].truth.rate)
    headers = [fits.getheader(one.exposures[0].path, "SCI") for one in (raw, rates)]
    for keyword in ("RA_REF", "DEC_REF", "ROLL_REF", "V2_REF", "V3_REF", "VA_SCALE", "MJD-AVG"):
        assert headers[0][keyword] == headers[1][keyword]
    with raw.crds(), datamodels.open(exposure.path) as model:
        found = crds.getreferences(model.get_crds_parameters(), reftypes=["dark", "flat"], observatory="jwst")
    assert all(Path(path).is_file() for path in found.values())


def test_cosmic_rays_are_flagged_but_for_those_that_the_truth_has(observed):
    effects = Effects.only("sky", "poisson", "cosmic_rays", cosmic_ray_rate=1e-4)
    options = ImagingOptions(effects=effects, missed_hits=0.3)
    observation = observed(plan=Plan(exposures=1), subarray="SUB320", options=options)
    exposure = observation.exposures[0]
    truth = exposure.truth
    flagged = fits.getdata(exposure.path, "DQ") & 4 != 0
    assert 0.2 < len(truth.hits) / (len(truth.hits) + flagged.sum()) < 0.4
    data, err = fits.getdata(exposure.path, "SCI"), fits.getdata(exposure.path, "ERR")
    hit = truth.hits["y"], truth.hits["x"]
    assert np.mean((data - truth.rate)[hit] > 5 * err[hit]) > 0.9
    elsewhere = np.ones(data.shape, bool)
    elsewhere[hit] = False
    assert np.abs((data - truth.rate)[elsewhere] / err[elsewhere]).max() < 6


def test_backgrounds_are_members_of_every_product(observed):
    plan = Plan.named("background", exposures=2, backgrounds=2)
    observation = observed(plan=plan, detectors=("NRCA2", "NRCALONG"), options=QUIET)
    association = read_association(observation.level2)
    assert association.stage == 2 and len(association.products) == 4
    for product in association.products:
        product.check()
        (science,) = product.science
        detector = science.name.split("_")[3]
        assert [path.name.split("_")[0] for path in product.of_role("background")] == ["jw01000002001"] * 2
        assert all(path.name.split("_")[3] == detector for path in product.of_role("background"))
    background = observation.exposures[-1]
    image, _ = brightness(background)
    usable = fits.getdata(background.path, "DQ") & DO_NOT_USE == 0
    assert background.role == "background" and np.abs(image[usable]).max() < 1e-6
    names = [path.name for path in observation.level3]
    assert names == [f"jw01000-o001_t001_nircam_clear-{one}_image3_asn.json" for one in ("f200w", "f444w")]


def test_a_moving_target_stays_and_stars_trail(observed):
    plan = Plan(exposures=2, motion=(360.0, 0.0), spread=0.0, roll=0.0)
    options = ImagingOptions(Field(stars=0, galaxies=0, sky_spread=0), effects=QUIET.effects)
    observation = observed(plan=plan, subarray="SUB320", ngroups=20, options=options)
    images = [brightness(exposure)[0] for exposure in observation.exposures]
    np.testing.assert_allclose(images[0], images[1], atol=1e-3 * images[0].max())
    headers = [fits.getheader(exposure.path, "SCI") for exposure in observation.exposures]
    hours = (headers[1]["MJD-AVG"] - headers[0]["MJD-AVG"]) * 24
    moved = (headers[1]["MT_RA"] - headers[0]["MT_RA"]) * np.cos(np.deg2rad(plan.dec)) * 3600
    assert moved == pytest.approx(360 * hours, rel=1e-6)
    assert fits.getheader(observation.exposures[0].path)["TARGTYPE"] == "MOVING"

    star = source_table(ra=[80.5], dec=[-69.5], flux=[1e-6])
    trailed = observed(plan=plan, subarray="SUB320", ngroups=20, sources=star, options=options)
    image, area = brightness(trailed.exposures[0])
    assert (image * area).sum() * 1e6 == pytest.approx(1e-6, rel=1e-4)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    weight = image / image.sum()
    lengths = [np.sqrt((weight * (axis - (weight * axis).sum()) ** 2).sum()) for axis in (x, y)]
    header = fits.getheader(trailed.exposures[0].path)
    trail = 0.1 * header["EFFEXPTM"] / 0.0628  # pixels
    assert max(lengths) == pytest.approx(np.hypot(trail / np.sqrt(12), min(lengths)), rel=0.03)


def test_exposures_for_the_wave_front_are_combined_by_pairs(observed):
    plan = Plan.named("wfs", exposures=4)
    observation = observed(plan=plan, detectors=("NRCA3",), options=QUIET)
    (path,) = observation.level3
    association = read_association(path)
    assert path.name.endswith("wfs-image3_asn.json") and association.asn_type == "wfs-image3"
    members = [[path.name.split("_")[2] for path in product.science] for product in association.products]
    assert members == [["00001", "00002"], ["00003", "00004"]]


def test_an_observation_is_found_again(observed):
    observation = observed(options=QUIET)
    assert Observation.load(observation.level2.parent) == observation
    assert json.loads((observation.level2.parent / "observation.json").read_text())["context"] == observation.context
    assert len(observation.sources) > 24


def test_a_distortion_of_the_users_is_served(observed):
    given = Path(__file__).parents[1] / "files" / "references" / "jwst_nircam_distortion_0090.asdf"
    options = ImagingOptions(QUIET.field, effects=QUIET.effects, distortions={"NRCALONG": given})
    observation = observed(plan=Plan(exposures=1), options=options)
    with observation.crds(), datamodels.open(observation.exposures[0].path) as model:
        found = crds.getreferences(model.get_crds_parameters(), reftypes=["distortion"], observatory="jwst")
    served = Path(found["distortion"])
    assert served.read_bytes() == given.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"detectors": ("NRCA1", "NIS"), "subarray": "FULL"}, "one instrument"),
        ({"detectors": ("NRCA1", "NRCA1")}, "each detector once"),
        ({"detectors": ("NRS1",), "subarray": "FULL"}, "NRS1 makes no images"),
        ({"detectors": ("NIS",), "subarray": "SUB17STRIPE_SOSS"}, "is no window"),
        ({"filters": ("F200W",)}, "NRCALONG has none of the filters F200W; it has F444W, F277W"),
        ({"plan": "nod"}, "no observation 'nod'; there are dither, background, moving, wfs"),
        ({"ngroups": 1}, "two groups"),
    ],
)
def test_what_cannot_be_observed_is_told(tmp_path, arguments, message):
    with pytest.raises(SimulationError, match=message):
        observe(tmp_path, **{"subarray": "SUB160", "rates": True} | arguments)


def test_plans_without_exposures_or_pairs_are_refused():
    with pytest.raises(SimulationError, match="no 0 exposures"):
        Plan(exposures=0)
    with pytest.raises(SimulationError, match="pairs of exposures, not 3"):
        Plan.named("wfs", exposures=3)
