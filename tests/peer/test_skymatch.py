"""Levels of the sky agree with jwst: of whole images, of their overlaps, and pixel by pixel in these."""

import contextlib
import io
from functools import cache

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.backend import current_backend
from gpucal.kernels.sky.sky_level import SkyStatistic, sky_level
from gpucal.kernels.sky.spans import polygon_spans, whole_image
from gpucal.steps.mosaics.skymatch import SkyMatchStep
from tests.sky_exposures import NOISE, sky_image

FIELDS = {
    "dithered": [
        {"level": 1.0},
        {"level": 1.2, "place": (30, 11), "turn": 4, "crowded": True},
        {"level": 0.9, "place": (-25, -40), "turn": 31},
        {"level": 1.1, "place": (10, 300), "turn": 2},
        {"level": 2.0, "place": (12, 350), "turn": 2},
    ],
    "groups": [
        {"exposure": 0, "level": 1.0},
        {"exposure": 0, "level": 1.1, "corner": (1011, 1101)},
        {"exposure": 1, "level": 1.5, "place": (40, 20), "turn": 7},
        {"exposure": 1, "level": 1.4, "place": (40, 20), "turn": 7, "corner": (1011, 1101)},
        {"exposure": 2, "level": 1.3, "place": (-50, 30), "turn": -4},
    ],
    "alone": [
        {"level": 1.0},
        {"level": 1.2, "place": (20, 20)},
        {"level": 0.5, "place": (0, 900)},
    ],
}  # fmt: skip


@cache
def made(name):
    return [sky_image(number, **about) for number, about in enumerate(FIELDS[name])]


def field(name):
    return [model.copy() for model in made(name)]


def models_of(library):
    with library:
        models = [library.borrow(place) for place in range(len(library))]
        for place in range(len(library)):
            library.shelve(models[place], place, modify=False)
    return models


def compared(name, peer_step, prepare=lambda models: None, **parameters):
    models = field(name)
    prepare(models)
    theirs = models_of(peer_step("skymatch", models, **parameters))
    ours = SkyMatchStep.call(models, **parameters)
    for our, their in zip(ours, theirs, strict=True):
        expected, background = their.meta.background, our.meta.background
        assert (background.level is None) == (expected.level is None)
        if expected.level is not None:
            assert background.level == pytest.approx(expected.level, abs=1e-5 * NOISE)
            background.level = expected.level
        compare(our, their).assert_agrees()
    return ours


@pytest.mark.usefixtures("without_parameter_references")
@pytest.mark.parametrize(
    ("name", "method", "subtract", "known"),
    [
        ("groups", "local", False, 5),
        ("groups", "match", False, 5),
        ("groups", "global", True, 5),
        ("groups", "global+match", True, 5),
        ("dithered", "match", True, 5),
        ("dithered", "local", True, 5),
        ("alone", "match", False, 2),
        ("alone", "global+match", False, 3),
    ],
)
def test_levels_are_those_of_jwst(name, method, subtract, known, peer_step):
    ours = compared(name, peer_step, skymethod=method, subtract=subtract)
    statuses = [model.meta.cal_step.skymatch for model in ours]
    assert statuses == ["COMPLETE"] * known + ["SKIPPED"] * (len(ours) - known)


@pytest.mark.usefixtures("without_parameter_references")
@pytest.mark.parametrize(
    "parameters",
    [
        {"match_down": False, "skystat": "median", "dqbits": None},
        {"skystat": "mean", "lower": 0.8, "upper": 1.4},
        {"skystat": "midpt", "nclip": 1, "lsigma": 2.0, "usigma": 1.5, "binwidth": 0.5},
        {"stepsize": 17, "dqbits": "DO_NOT_USE,JUMP_DET"},
    ],
    ids=str,
)
def test_parameters_mean_what_they_mean_in_jwst(parameters, peer_step):
    compared("dithered", peer_step, **parameters)


@pytest.mark.usefixtures("without_parameter_references")
def test_a_second_run_adds_to_the_levels_that_were_subtracted(peer_step):
    def with_levels(models):
        for place, model in enumerate(models):
            model.meta.background.level, model.meta.background.subtracted = 0.25 * place, True

    compared("groups", peer_step, with_levels, subtract=True, skymethod="match")


@pytest.mark.usefixtures("without_parameter_references")
def test_levels_of_the_user_are_those_of_jwst(peer_step, tmp_path):
    names = [model.meta.filename for model in field("alone")]
    levels = tmp_path / "levels.txt"
    levels.write_text("".join(f"{name} {0.1 + place}\n" for place, name in reversed(list(enumerate(names)))))
    compared("alone", peer_step, skymethod="user", skylist=str(levels), subtract=True)


def test_statistics_are_those_of_the_package_that_jwst_uses():
    """But for two cases, where it gives something else than what is asked for; see docs/parity.md."""
    from stsci.imagestats import ImageStats

    rng = np.random.default_rng(3)
    backend = current_backend()
    for _ in range(60):
        shape = rng.integers(3, 50, 2)
        values = rng.normal(rng.choice([0, 1, 100, -5]), rng.choice([0.01, 0.1, 1, 30]), shape)
        values += (rng.random(shape) < 0.05) * rng.exponential(5 * values.std(), shape)
        values = values.astype(np.float32)
        values[rng.random(shape) < 0.1] = np.nan
        clip = {"nclip": int(rng.integers(1, 7)), "binwidth": float(rng.choice([0.1, 0.01, 1]))}
        sigmas = {name: float(rng.choice([4, 2, 1])) for name in ("lsigma", "usigma")}
        noise = float(np.nanstd(values))
        clip |= {"lower": None, "upper": float(np.nanmax(values)) - float(rng.choice([0, 1])) * noise}
        given, spans = backend.asarray(values), backend.asarray(whole_image(shape))
        for kind in ("mean", "median", "mode", "midpt"):
            with contextlib.redirect_stdout(io.StringIO()):
                expected = ImageStats(
                    values[np.isfinite(values)], f"npix,{kind}", lsig=sigmas["lsigma"], usig=sigmas["usigma"], **clip
                )
            level = sky_level(given, spans, SkyStatistic(kind, **clip, **sigmas))
            assert level.npixels == expected.npix
            assert level.value == pytest.approx(float(getattr(expected, kind)), abs=1e-5 * noise), kind


def test_polygons_are_filled_as_by_the_package_that_jwst_uses():
    from gwcs.region import Polygon

    rng = np.random.default_rng(7)
    for _ in range(100):
        shape, polygons = rng.integers(20, 60, 2), []
        for _ in range(rng.integers(1, 4)):
            angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
            corners = rng.uniform(0, 50, 2) + rng.uniform(3, 40) * np.stack([np.cos(angles), np.sin(angles)], 1)
            polygons.append(np.maximum(corners, -0.5)[:: rng.choice([-1, 1])])
        expected = np.zeros(shape, bool)
        for polygon in polygons:
            expected = Polygon(True, [*map(tuple, polygon), tuple(polygon[0])]).scan(expected)
        spans, x = polygon_spans(polygons, shape), np.arange(shape[1])
        counts = ((spans[..., :1] <= x) & (x <= spans[..., 1:])).sum(axis=1)
        np.testing.assert_array_equal(counts, expected)


def test_a_library_of_models_is_taken(offline):
    """Each model is given back, as it was."""
    from jwst.datamodels import ModelLibrary

    library = ModelLibrary([sky_image(0, level=1.0), sky_image(1, level=1.2, place=(30, 11))])
    made = SkyMatchStep.call(library)
    assert [one.meta.cal_step.skymatch for one in made] == ["COMPLETE", "COMPLETE"]
    with library:
        for number in range(2):
            model = library.borrow(number)
            assert model.meta.cal_step.skymatch is None
            library.shelve(model, number, modify=False)
