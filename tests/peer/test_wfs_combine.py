"""Combined pairs agree with jwst: as it makes them, pixel by pixel; and offsets and metadata also by default."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.as_peer import VARIABLE
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.mosaics.wfs_combine import VARIANCES, WfsCombineStep
from tests.wavefront_pairs import association, wavefront_pair


def compared(pair, peer_step, folder, **parameters):
    path = association(pair, folder)
    theirs = peer_step("calwebb_wfs-image3", str(path), **parameters)[0]
    ours = WfsCombineStep.call(str(path), **parameters)
    compare(ours, theirs).assert_agrees()
    return ours


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working directory, from which jwst reads members."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("without_parameter_references")
@pytest.mark.parametrize(
    ("offset", "flip_dithers"), [((9, 4), True), ((-7, 12), True), ((9, 4), False), ((6, -11), True)]
)
def test_the_mean_is_as_jwst_makes_it(offset, flip_dithers, here, peer_step, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    pair = wavefront_pair(offset)
    ours = compared(pair, peer_step, here, flip_dithers=flip_dithers)
    refs = {model.meta.wcsinfo.ra_ref for model in pair}
    assert ours.meta.wcsinfo.ra_ref in refs


@pytest.mark.usefixtures("without_parameter_references")
@pytest.mark.parametrize(
    ("more", "parameters"),
    [
        ((2, -3), {}),
        ((-2.3, 1.2), {"flip_dithers": False}),
        ((1, 1), {"psf_size": 30, "blur_size": 4, "n_size": 1}),
    ],
)
def test_refined_offsets_are_those_of_jwst(more, parameters, here, peer_step, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    compared(wavefront_pair((8, 5), more), peer_step, here, do_refine=True, **parameters)


@pytest.mark.usefixtures("without_parameter_references")
def test_by_default_borders_and_errors_differ(here, peer_step):
    """Where both images have good pixels, values are those of jwst."""
    path = association(wavefront_pair((9, 4)), here)
    theirs = peer_step("calwebb_wfs-image3", str(path))[0]
    ours = WfsCombineStep.call(str(path))
    differ = ~np.isclose(ours.data, theirs.data) & np.isfinite(ours.data)
    assert 0.05 < differ.mean() < 0.25
    np.testing.assert_allclose(ours.data[differ], 2 * theirs.data[differ], rtol=1e-5)  # half of it, at the border
    assert not differ[15:-15, 15:-15].any()
    np.testing.assert_array_equal(np.isnan(ours.data), ours.dq & DO_NOT_USE > 0)
    np.testing.assert_array_equal(theirs.data[np.isnan(ours.data)], 0)
    more = {name.split(":")[0] for name in map(str, compare(ours, theirs).keywords)}
    assert more - {f"ASDF {name}" for name in ("area", *VARIANCES)} == {"ASDF meta.wcs"}
