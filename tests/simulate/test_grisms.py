"""Spectra without slits, with known truth."""

import numpy as np
import pytest
from astropy.table import QTable
from stdatamodels.jwst import datamodels
from stdatamodels.jwst.transforms.models import NIRCAMBackwardGrismDispersion, NIRISSBackwardGrismDispersion

from gpucal.associations import read_association
from gpucal.cli.main import main
from gpucal.simulate import GrismFieldObservation, GrismSeriesObservation
from gpucal.simulate.imaging_references import nominal_area
from gpucal.simulate.spectra.slitless.grism_painting import paint_source, response
from gpucal.simulate.spectra.slitless.grism_plans import GrismFieldPlan, field_plan
from gpucal.simulate.spectra.slitless.grism_scene import many_sources, usual_sources
from gpucal.simulate.spectra.slitless.grisms import GRISMS, wavelengths_beside
from gpucal.simulate.spectra.slitless.traces_reference import specwcs
from gpucal.simulate.spectra.spectrum import Spectrum

QUIET = [f"--no-{effect}" for effect in ("poisson", "read-noise", "cosmic-rays", "hot-pixels", "dark", "snowballs")]


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    """One exposure of the usual sources through GR150R, without noise; made by the command."""
    directory = tmp_path_factory.mktemp("field")
    told = ["--observation", "wfss", "--rates", "--grisms", "gr150r", "--dithers", "1", *QUIET]
    assert main(["simulate", str(directory), *told]) == 0
    return GrismFieldObservation.load(directory)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """The usual series, without noise; made by the command."""
    directory = tmp_path_factory.mktemp("series")
    assert main(["simulate", str(directory), "--observation", "tsgrism", "--rates", *QUIET]) == 0
    return GrismSeriesObservation.load(directory)


def test_files_of_a_field(observation):
    (exposure,) = observation.exposures
    assert exposure.path.name == "jw01000001001_02101_00001_nis_rate.fits"
    assert observation.sources == GrismFieldPlan().scene
    (product,) = read_association(observation.level2[0]).products
    direct = observation.direct
    assert [(member.path.name, member.role) for member in product.members] == [
        (exposure.path.name, "science"),
        (direct.catalogue.name, "sourcecat"),
        (direct.segments.name, "segmap"),
        (direct.image.name, "direct_image"),
    ]
    (product,) = read_association(observation.level3[0]).products
    assert product.name == "jw01000-o001_t001_niriss_f200w-gr150r"
    assert {"specwcs", "wavelengthrange", "bkg", "photom", "apcorr"} < set(observation.references)


def test_data_models_open_the_files_of_a_field(observation):
    (exposure,) = observation.exposures
    with datamodels.open(exposure.path, strict_validation=True) as model:
        assert (type(model).__name__, model.meta.exposure.type) == ("ImageModel", "NIS_WFSS")
        good = np.isfinite(model.data)
        np.testing.assert_allclose(model.data[good], exposure.truth.rate[good], rtol=1e-5, atol=1e-5)
        corners = np.array(model.meta.wcsinfo.s_region.split()[2:], float).reshape(4, 2)
    middle = corners.mean(axis=0)
    assert (model.meta.target.ra, model.meta.target.dec) == pytest.approx(tuple(middle), abs=1e-3)


def test_sources_are_where_the_catalogue_tells(observation):
    table = QTable.read(observation.direct.catalogue)
    with datamodels.open(observation.direct.image) as image, datamodels.open(observation.direct.segments) as segments:
        for row, source in zip(table, sorted(observation.sources, key=lambda one: one.label), strict=True):
            assert row["label"] == source.label and row["is_extended"] == (source.sigma > 0)
            assert row["isophotal_abmag"] == pytest.approx(source.magnitude(observation.wavelengths))
            x, y = image.meta.wcs.invert(row["sky_centroid"].ra.deg, row["sky_centroid"].dec.deg)
            assert (x, y) == pytest.approx((row["xcentroid"].value, row["ycentroid"].value), abs=1e-6)
            assert segments.data[round(float(y)), round(float(x))] == source.label
            mask = segments.data == source.label
            near = tuple(slice(round(float(place)) - 20, round(float(place)) + 21) for place in (y, x))
            light = (image.data[near] - 0.2).sum() * nominal_area("NIS") * 1e6
            assert light == pytest.approx(source.mean_flux(observation.wavelengths), abs=2.5e-7)  # 3 sigma
            left, right = np.flatnonzero(mask.any(axis=0))[[0, -1]]
            edge, _ = image.meta.wcs.invert(row["sky_bbox_lr"].ra.deg, row["sky_bbox_lr"].dec.deg)
            assert edge == pytest.approx(right + 0.5, abs=1e-6) and left < x < right


@pytest.mark.parametrize("name", list(GRISMS))
def test_light_falls_where_the_reference_tells(name):
    grism, waves = GRISMS[name], np.linspace(1.7, 2.3, 7) if name.startswith("GR1") else np.linspace(3.2, 4.8, 7)
    with specwcs(grism) as reference:
        parts = {key: getattr(reference, key).instance for key in ("orders", "dispx", "dispy", "invdispl")}
        orders, x, y, back = parts.values()
        if grism.instrument == "NIRISS":
            angle = reference.fwcpos_ref - grism.angle
            transform = NIRISSBackwardGrismDispersion(orders, lmodels=back, xmodels=x, ymodels=y, theta=angle)
        else:
            transform = NIRCAMBackwardGrismDispersion(orders, inv_lmodels=back, xmodels=x, ymodels=y)
        for order in grism.traces:
            wanted = [transform.evaluate(700.0, 900.0, wave, np.array([order]))[:2] for wave in waves]
            found = np.transpose(grism.place(700.0, 900.0, waves, order))
            np.testing.assert_allclose(found, np.reshape(wanted, (-1, 2)), atol=1e-8)


def test_all_light_of_a_source_is_painted():
    grism, band, image = GRISMS["GR150R"], (1.75, 2.23), np.zeros((300, 60))
    paint_source(image, grism, 1, (30.2, 400.4), 0.0, Spectrum(2e-5, 1.0, 2.0), band, 1e-13, 0.0)
    waves = np.linspace(*wavelengths_beside(band), 100001)
    rates = 2e-5 * waves / 2 * 1e-6 / 1e-13 * response(grism, 1, waves, band)
    assert image.sum() == pytest.approx(np.trapezoid(rates, waves), rel=1e-4)
    on_edge = np.zeros((100, 60))
    paint_source(on_edge, grism, 1, (30.2, 200.4), 0.0, Spectrum(2e-5), band, 1e-13, 0.0)
    assert 0 < on_edge.sum() < 0.9 * image.sum()


def test_a_series_has_the_transit_that_it_tells(series):
    (exposure,) = series.exposures
    assert exposure.path.name == "jw01000001001_05101_00001-seg001_nrcalong_rateints.fits"
    with datamodels.open(exposure.path, strict_validation=True) as model:
        assert model.data.shape == (6, 64, 2048) and list(model.int_times["integration_number"]) == [1, 2, 3, 4, 5, 6]
        assert model.meta.wcsinfo.siaf_xref_sci == 952.0
    light = exposure.truth.rate[:, 24:45].sum(axis=1) - exposure.truth.rate[:, :21].sum(axis=1)
    grism = GRISMS["GRISMR"]
    for wave in (4.1, 4.3, 4.6):
        column, _ = grism.place(952.0, 34.0, wave, 1)
        near = slice(round(column) - 3, round(column) + 4)
        drop = 1 - light[:, near].sum(axis=1) / light[0, near].sum()
        depth = float(series.transit.depth_at(wave))
        np.testing.assert_allclose(drop, [0, 0, depth, depth, 0, 0], rtol=0.02, atol=1e-6)


def test_many_sources_lie_on_the_detector():
    sources = many_sources(50, (1.75, 2.23))
    assert len({source.label for source in sources}) == 50
    assert all(100 < place < 1948 for source in sources for place in (source.x, source.y))
    assert sources[0].magnitude((1.75, 2.23)) < sources[-1].magnitude((1.75, 2.23))
    assert field_plan(number=3).scene == many_sources(3, (1.75, 2.23))
    assert GrismFieldPlan().scene == usual_sources((1.75, 2.23))


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (["wfss", "--rates", "--grisms", "PRISM"], "no grism is named PRISM"),
        (["wfss", "--rates", "--grisms", "GR150R", "GRISMR"], "two instruments"),
        (["wfss", "--rates", "--filters", "F090W"], "F115W, F150W, F200W, not with F090W"),
        (["wfss", "--rates", "--dithers", "7"], "1 to 4, not 7"),
        (["wfss", "--rates", "--sources", "0"], "1 or more, not 0"),
        (["tsgrism", "--rates", "--subarray", "SUB64P9"], "SUB64P9"),
        (["wfss", "--rates", "--slitlets", "7"], "--slitlets does not hold for --observation wfss"),
        (["wfss", "--rates", "--subarray", "SUB64"], "--subarray does not hold"),
        (["wfss"], "add --rates"),
        (["tsgrism", "--rates", "--grisms", "GRISMR"], "--grisms does not hold for --observation tsgrism"),
        (["tsgrism", "--rates", "--filters", "F200W"], "F322W2, F356W, F444W, not with F200W"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, capsys, told, message):
    assert main(["simulate", str(tmp_path), "--observation", *told]) == 1
    assert message in " ".join(capsys.readouterr().err.split())
