"""A star behind a coronagraph with known truth."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.associations import read_association
from gpucal.cli.main import main
from gpucal.simulate import (
    Companion,
    CoronagraphicObservation,
    CoronagraphyPlan,
    Effects,
    observe_coronagraph,
)
from gpucal.simulate.errors import SimulationError

COMPANION = Companion(2.0, 140.0, 2e-4)


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    """One roll and one exposure of the reference star, without noise."""
    plan = CoronagraphyPlan(
        rolls=(33.0,), references=1, nints=1, reference_nints=1, companions=(COMPANION,), drift=0.0
    )
    return observe_coronagraph(tmp_path_factory.mktemp("coron"), plan, effects=Effects.only("stars"))


def test_files_of_an_observation(observation):
    science, psf = observation.exposures
    assert [one.role for one in observation.exposures] == ["science", "psf"]
    header = fits.getheader(science.path)
    expected = {"EXP_TYPE": "NRC_CORON", "CORONMSK": "MASKA335R", "PUPIL": "MASKRND", "IS_PSF": False, "NINTS": 1}
    assert {key: header[key] for key in expected} == expected
    assert fits.getheader(psf.path)["IS_PSF"] is True
    assert CoronagraphicObservation.load(science.path.parent) == observation
    (product,) = read_association(observation.level3).products
    assert [member.role for member in product.members] == ["science", "psf"]
    assert {"psfmask", "distortion", "flat", "photom"} <= observation.references.keys()


def test_references_show_the_star_moved_and_brighter_and_the_companion_is_where_it_is_said_to_be(observation):
    from gpucal.kernels.starlight.shifts import moved

    science, psf = (one.truth.rate.astype(float) for one in observation.exposures)
    star, reference = (np.array(one.star) for one in observation.exposures)
    left = science - moved(psf, tuple(star - reference)) / CoronagraphyPlan.reference_flux
    inside = left[8:-8, 8:-8]
    y, x = np.unravel_index(inside.argmax(), inside.shape)
    away = np.hypot(*(np.array([x, y]) + 8 - star)) * 0.063
    assert abs(away - COMPANION.separation) < 0.06
    assert inside.max() > 20 * abs(np.median(inside))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mask": "MASKA999R"}, "no coronagraph 'MASKA999R'"),
        ({"rolls": ()}, "has exposures of a star"),
        ({"nints": 0}, "and integrations in each"),
    ],
)
def test_what_cannot_be_observed_is_refused(change, words):
    with pytest.raises(SimulationError, match=words):
        CoronagraphyPlan(**change)


def test_from_the_command_line(tmp_path, capsys):
    words = ["--observation", "coronagraphy", "--instrument", "miri", "--references", "1", "--nints", "1", "--rates"]
    assert main(["simulate", str(tmp_path), *words]) == 0
    assert capsys.readouterr().out.count("_mirimage_rateints.fits") == 3
    assert main(["simulate", str(tmp_path), "--observation", "coronagraphy", "--stars", "3"]) == 1
    assert "--stars does not hold for --observation coronagraphy" in capsys.readouterr().err
    assert main(["simulate", str(tmp_path), "--observation", "dither", "--mask", "4QPM_1550"]) == 1
    assert "--mask is for coronagraphy" in capsys.readouterr().err
    assert main(["simulate", str(tmp_path), "--observation", "coronagraphy", "--instrument", "fgs"]) == 1
    assert "--instrument fgs has no coronagraph" in capsys.readouterr().err
