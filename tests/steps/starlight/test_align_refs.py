"""References moved onto a star: by how much, which errors they have, and what will not do."""

import numpy as np
import pytest

from gpucal.core import GpucalError
from gpucal.data import InputError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE
from gpucal.steps.starlight.align_refs import AlignRefsStep
from tests.speckles import NOISE, cube, psfmask, speckles

SHIFTS = [(0.336, 0.028), (-0.41, 0.22), (0.0, -0.5)]


@pytest.fixture(scope="module")
def star():
    return cube([speckles(), speckles()], seed=1, bad=0.01)


@pytest.fixture(scope="module")
def references():
    return cube([1.3 * speckles(shift) for shift in SHIFTS], seed=2)


def aligned(star, references, **parameters):
    given = {"override_psfmask": psfmask(), "disable_crds_steppars": True} | parameters
    return AlignRefsStep.call(star.copy(), references.copy(), **given)


def test_references_come_to_the_place_of_the_star(star, references):
    made = aligned(star, references)
    assert made.data.shape == references.data.shape and made.data.dtype == np.float32
    assert made.meta.cal_step.align_psfs == "COMPLETE" and not made.dq.any()
    for image in made.data:
        assert (image - 1.3 * speckles()).std() < 1.5 * NOISE
    assert np.isfinite(made.err).all() and abs(np.median(made.err) - NOISE) < 0.2 * NOISE


def test_bad_pixels_of_references_are_replaced_before(star, references):
    holed = references.copy()
    holed.data[:, 0, 5], holed.dq[:, 63, 63] = np.nan, DO_NOT_USE
    holed.data[:, 63, 63] = 1e6
    holed.err[:, 0, 5] = np.nan
    made = aligned(star, holed)
    assert abs(made.data - aligned(star, references).data).max() < 0.2
    assert np.isfinite(made.err).all()


def test_as_jwst_the_shifts_stay(star, references, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    made = aligned(star, references)
    assert abs(made.data[0] - 1.3 * speckles(SHIFTS[0]))[20:40, 20:40].max() < 0.2 < abs(
        made.data[0] - 1.3 * speckles()
    )[20:40, 20:40].max()


def test_both_are_blurred_before_where_that_is_asked_for(star, references):
    sharp, soft = aligned(star, references), aligned(star, references, blur=3.0)
    assert soft.data.max() < 0.8 * sharp.data.max()
    assert np.median(soft.err) < 0.5 * np.median(sharp.err)


def test_without_a_psfmask_nothing_is_moved(star, references, caplog):
    made = aligned(star, references, override_psfmask="N/A")
    assert [one.meta.cal_step.align_psfs for one in made] == ["SKIPPED", "SKIPPED"]
    assert "references stay where they are" in caplog.text


def test_an_image_without_good_pixels_stays_and_the_first_good_one_leads(star, references, caplog):
    lost, broken = references.copy(), star.copy()
    lost.data[1] = np.nan
    broken.dq[0] |= DO_NOT_USE
    made = aligned(broken, lost)
    assert not made.data[1].any()
    assert abs(made.data[0] - 1.3 * speckles())[20:40, 20:40].max() < 0.2
    assert "Reference image 2 has no good pixels" in caplog.text


def test_pixels_that_see_no_sky_are_zero_in_mid_infrared_and_do_not_pull_the_fit(star, references):
    for model in (star := star.copy(), references := references.copy()):
        model.meta.instrument.name = "MIRI"
        model.data += 20
        model.dq[:, :8] |= DO_NOT_USE | NON_SCIENCE
    mask = psfmask()
    mask.meta.instrument.name = "MIRI"
    made = aligned(star, references, override_psfmask=mask)
    assert not made.data[:, :8].any()
    inner = slice(20, 44), slice(20, 44)
    assert abs(made.data[0] - 20 - 1.3 * speckles())[inner].max() < 0.2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda model: setattr(model.meta.instrument, "filter", "F300M"), "FILTER is F300M, and F335M in star1"),
        (lambda model: setattr(model.meta.instrument, "coronagraph", "MASKA430R"), "CORONMSK is MASKA430R"),
    ],
)
def test_references_of_other_optics_are_refused(star, references, change, words):
    other = references.copy()
    change(other)
    with pytest.raises(InputError, match=words):
        aligned(star, other)


def test_references_of_another_size_are_refused(star):
    with pytest.raises(InputError, match="has 32 x 32 pixels, and star1_calints.fits 64 x 64"):
        aligned(star, cube([speckles(size=32)], seed=2))


def test_a_mask_of_another_subarray_is_refused(star, references):
    mask = psfmask()
    mask.meta.subarray.xstart = 800
    with pytest.raises(GpucalError, match="psfmask|subarray"):
        aligned(star, references, override_psfmask=mask)


def test_one_input_is_not_enough(star):
    with pytest.raises(GpucalError, match="takes two inputs, a science exposure and then stack of references, not 1"):
        AlignRefsStep.call(star.copy(), override_psfmask=psfmask(), disable_crds_steppars=True)
