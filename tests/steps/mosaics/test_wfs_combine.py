"""Combined pairs: what is where, which name and folder, and what will not do."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.mosaics.wfs_combine import VARIANCES, WfsCombineStep
from tests.sky_exposures import SIZE
from tests.wavefront_pairs import association, wavefront_pair


@pytest.fixture(scope="module")
def pair():
    return wavefront_pair((9, 4), (2, -1))


def pixels_apart(first, second):
    """By the objects of gwcs."""
    middle = SIZE // 2, SIZE // 2
    x, y = second.meta.wcs.invert(*first.meta.wcs(*middle), with_bounding_box=False)
    return round(float(x)) - middle[0], round(float(y)) - middle[1]


def combined(pair, **parameters):
    models = [model.copy() for model in pair]
    return WfsCombineStep.call(models, **{"disable_crds_steppars": True, "flip_dithers": False} | parameters)


@pytest.mark.parametrize("do_refine", [False, True])
def test_the_second_exposure_is_moved_onto_the_first(pair, do_refine):
    dx, dy = np.array(pixels_apart(*pair)) + (np.array((2, -1)) if do_refine else 0)
    made = combined(pair, do_refine=do_refine)
    inner = slice(20, -20)
    moved = {name: np.roll(getattr(pair[1], name), (-dy, -dx), (0, 1)) for name in ("data", "err", "dq", *VARIANCES)}
    both = ((pair[0].dq | moved["dq"]) & DO_NOT_USE == 0)[inner, inner]
    assert both.mean() > 0.9
    for name, expected in {
        "data": (pair[0].data + moved["data"]) / 2,
        "err": np.hypot(pair[0].err, moved["err"]) / 2,
        **{name: (getattr(pair[0], name) + moved[name]) / 4 for name in VARIANCES},
    }.items():
        found = getattr(made, name)[inner, inner]
        np.testing.assert_allclose(found[both], expected[inner, inner][both], rtol=1e-6)
    np.testing.assert_array_equal(made.area, pair[0].area)
    assert made.meta.cal_step.wfs_combine == "COMPLETE"
    assert made.meta.wcsinfo.ra_ref == pair[0].meta.wcsinfo.ra_ref
    if do_refine:
        assert np.nanmax(made.data) > 0.95 * np.nanmax(pair[0].data)


def test_borders_have_the_one_exposure_that_is_there(pair):
    dx, dy = pixels_apart(*pair)
    made = combined(pair)
    y, x = np.mgrid[:SIZE, :SIZE]
    alone = (x + dx < 0) | (x + dx >= SIZE) | (y + dy < 0) | (y + dy >= SIZE)
    assert alone.sum() > 5 * SIZE
    for name in ("data", "err", *VARIANCES):
        np.testing.assert_array_equal(getattr(made, name)[alone], np.where(
            pair[0].dq & DO_NOT_USE, np.nan, getattr(pair[0], name))[alone].astype(np.float32))  # fmt: skip
    np.testing.assert_array_equal(made.dq[alone], pair[0].dq[alone])


@pytest.mark.parametrize("turned", [False, True])
def test_the_exposure_further_right_is_kept_where_it_is(pair, turned):
    given = pair[::-1] if turned else pair
    first = 0 if pixels_apart(*pair)[0] >= 0 else 1
    made = combined(given, flip_dithers=True)
    assert made.meta.wcsinfo.ra_ref == pair[first].meta.wcsinfo.ra_ref
    np.testing.assert_allclose(made.meta.wcs(10, 20), pair[first].meta.wcs(10, 20), rtol=1e-12)
    kept = combined(given, flip_dithers=False)
    assert kept.meta.wcsinfo.ra_ref == given[0].meta.wcsinfo.ra_ref


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("star_{suffix}", "star_wfscmb.fits"),
        ("star_{suffix}-03", "star_wfscmb-03.fits"),
        ("star_wfscmb-04", "star_wfscmb-04.fits"),
        ("star", "star_wfscmb.fits"),
    ],
)
def test_products_are_named_by_the_association_in_the_folder_asked_for(pair, product, name, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    path = association(pair, tmp_path / "data", product)
    out = tmp_path / "out"
    WfsCombineStep.call(str(path), save_results=True, output_dir=str(out), disable_crds_steppars=True)
    assert [one.name for one in out.iterdir()] == [name]
    assert list((tmp_path / "here").iterdir()) == []
    with datamodels.open(out / name) as model:
        assert (model.meta.asn.table_name, model.meta.asn.pool_name) == ("made_asn.json", "made_pool")
        assert model.meta.filename == name
        assert model.meta.wcs.output_frame.name == "world"
        assert model.area.shape == model.var_flat.shape == (SIZE, SIZE)


def test_one_exposure(pair):
    with pytest.raises(GpucalError, match="two exposures are needed to be combined, and there is one"):
        combined(pair[:1])


def test_only_the_first_two_are_combined(pair, caplog):
    made = combined([*pair, pair[1]])
    np.testing.assert_array_equal(made.data, combined(pair).data)
    assert "Of 3 exposures the first two are combined" in caplog.text


def test_exposures_of_different_size(pair):
    smaller = pair[1].copy()
    for name in ("data", "err", "dq", "area", *VARIANCES):
        setattr(smaller, name, getattr(smaller, name)[:-3])
    with pytest.raises(GpucalError, match=r"have shapes \(100, 100\) and \(97, 100\)"):
        combined([pair[0], smaller])


@pytest.mark.parametrize("do_refine", [False, True])
def test_exposures_of_other_places(pair, do_refine):
    far = wavefront_pair((130, 0))[1]
    with pytest.raises(GpucalError, match="does not overlap with|has no pixels about the star"):
        combined([pair[0], far], do_refine=do_refine)


def test_an_exposure_without_coordinates(pair):
    second = pair[1].copy()
    del second.meta.wcs
    with pytest.raises(GpucalError, match="has no world coordinates"):
        combined([pair[0], second])
