"""Files of many slits: written and read here, they are what stdatamodels makes of them."""

import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.modeling.models import Identity, Mapping, Shift
from gwcs import WCS, coordinate_frames
from stdatamodels import fits_support
from stdatamodels.jwst import datamodels

from gpucal.data import open_exposure, reading, write_model
from gpucal.data.files.slit_texts import StoredWcs
from gpucal.errors import GpucalError
from gpucal.startup.wcs_tree import WcsTree
from gpucal.wcs.nodes import chain, shift
from gpucal.wcs.world import Wcs

COUNT = 4
SHARED = Identity(2) | Mapping((0, 1))
FRAMES = [coordinate_frames.Frame2D(name=name, axes_order=(0, 1)) for name in ("detector", "world")]


def values_of(number):
    return {
        "name": f"S{number}",
        "source_id": number - 1,
        "source_name": f"it's #{number}: yes",
        "source_alias": "no",
        "source_xpos": 0.1 * number,
        "source_type": "POINT",
        "barshadow_corrected": number % 2 == 0,
        "meta": {
            "bunit_data": "DN/s",
            "bunit_err": "DN/s",
            "photometry": {"pixelarea_steradians": 1e-12 / number, "conversion_megajanskys": float(number)},
            "exposure": {"type": "NRS_MSASPEC", "nints": 1},
            "wcsinfo": {"s_region": "POLYGON ICRS  " + "10.123456789 " * 8, "spectral_region": [1.0, 2.0]},
        },
    }


def arrays_of(number):
    shape = (number + 1, 5)
    return {
        "data": np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + 100 * number,
        "dq": np.full(shape, 2**31 + number, np.uint32),
        "err": np.full(shape, np.nan, np.float32),
        "con": np.full((1, *shape), -number, np.int32),
    }


def model_of(model_type="MultiSlitModel", **more):
    """A model whose slits have objects of gwcs that share a transform, as those of jwst do."""
    model = getattr(datamodels, model_type)()
    model.meta.exposure.type = "NRS_MSASPEC"
    model.meta.exposure.start_time = 59000.5
    model.meta.target.source_type = "EXTENDED"
    model.meta.filename = "made_cal.fits"
    slits = [values_of(number) | arrays_of(number) for number in range(1, COUNT + 1)]
    for number, slit in enumerate(slits):
        transform = (Shift(1.0 + number) & Shift(2.0)) | SHARED
        slit["meta"]["wcs"] = WCS([(FRAMES[0], transform), (FRAMES[1], None)])
    model._instance["exposures" if model_type == "MultiExposureModel" else "slits"] = slits
    return model


@pytest.fixture
def never_whole(monkeypatch):
    """No file is read by stdatamodels."""
    monkeypatch.setattr(reading, "_open_whole", None)


@pytest.fixture(params=["MultiSlitModel", "MultiExposureModel"])
def theirs(request, tmp_path):
    path = tmp_path / "theirs_cal.fits"
    model_of(request.param).save(path)
    return path


def plain(node):
    """Values of a tree, without arrays and coordinates."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items() if not isinstance(value, np.ndarray | WCS | WcsTree)}
    return [plain(one) for one in node] if isinstance(node, list) else node


@pytest.mark.usefixtures("never_whole")
def test_values_and_pixels_are_read_as_stdatamodels_reads_them(theirs, backend):
    exposure, model = open_exposure(theirs), datamodels.open(theirs)
    slits = model._instance["slits" if exposure.model_type == "MultiSlitModel" else "exposures"]
    assert len(exposure.slits) == COUNT
    assert exposure.nbytes == 0 and exposure.meta.exposure.start_time == 59000.5
    for ours, slit in zip(exposure.slits, slits, strict=True):
        assert plain(ours.values) == plain(slit)
        for name in ("data", "dq", "err", "con"):
            np.testing.assert_array_equal(backend.asnumpy(getattr(ours, name)), slit[name])
            assert getattr(ours, name).dtype == arrays_of(1)[name].dtype


@pytest.mark.usefixtures("never_whole")
def test_coordinates_are_read_when_one_is_used_and_share_what_they_shared(theirs):
    slits = open_exposure(theirs).slits
    kept = slits[0]["meta.wcs"]
    assert isinstance(kept, StoredWcs) and "nodes" not in vars(kept._shelf)
    for number, slit in enumerate(slits):
        np.testing.assert_array_equal(slit.get_wcs().program().at(10.0, 20.0), [11.0 + number, 22.0])
    mapped = [slit["meta.wcs"].content["steps"][0]["transform"]["forward"][1] for slit in slits]
    assert mapped[0] is mapped[1]


@pytest.mark.usefixtures("never_whole")
def test_a_file_read_and_written_is_the_same(theirs, tmp_path):
    exposure = open_exposure(theirs)
    written = write_model(exposure.snapshot(), tmp_path / "ours" / "theirs_cal.fits")
    with fits.open(theirs) as before, fits.open(written) as after:
        for old, new in zip(before[1:-1], after[1:-1], strict=True):
            assert new.header.tostring() == old.header.tostring()
            np.testing.assert_array_equal(new.data, old.data)
        digest = fits_support.fits_hash(after)
    with datamodels.open(theirs) as old, datamodels.open(written) as new:
        assert new._instance["_fits_hash"] == digest
        name = "slits" if exposure.model_type == "MultiSlitModel" else "exposures"
        assert plain(new._instance[name]) == plain(old._instance[name])
        for one, other in zip(new._instance[name], old._instance[name], strict=True):
            assert one["meta"]["wcs"](3.0, 4.0) == other["meta"]["wcs"](3.0, 4.0)
    assert len(open_exposure(written).slits) == COUNT  # as quickly


@pytest.mark.usefixtures("never_whole")
def test_what_somebody_edited_in_headers_counts(theirs):
    with fits.open(theirs, "update") as opened:
        opened["SCI", 2].header["SRCXPOS"] = 0.75
        opened["SCI", 3].header["SLTNAME"] = "edited"
        opened[0].header["TARGPROP"] = "Vega"
    exposure = open_exposure(theirs)
    assert exposure.slits[1]["source_xpos"] == 0.75 and exposure.slits[2].name == "edited"
    assert exposure.meta.target.proposer_name == "Vega"
    assert exposure.slits[0]["source_xpos"] == pytest.approx(0.1)


def test_shared_nodes_of_trees_are_written_once(tmp_path):
    """Trees share nodes where slits are cut out of one exposure."""
    common, frames = chain(*(shift(float(number)) for number in range(30))), ("detector", "world")
    exposure = open_exposure(model_of())
    trees = [Wcs(frames, (chain(shift(float(number)), common),)).to_tree() for number in range(COUNT)]
    for slit, tree in zip(exposure.slits, trees, strict=True):
        slit.set_wcs(tree)
    content = fits.getdata(write_model(exposure.snapshot(), tmp_path / "made_cal.fits"), "ASDF").tobytes()
    assert content.count(b"offset: 29.0") == 1
    slits = open_exposure(tmp_path / "made_cal.fits").slits
    assert [float(slit.get_wcs().program().at(0.0)[0]) for slit in slits] == [435 + number for number in range(COUNT)]


def test_slits_that_hold_other_objects_are_left_to_stdatamodels(tmp_path):
    model = model_of()
    model._instance["slits"][2]["own"] = {"table": np.arange(5.0)}
    exposure = open_exposure(write_model(model, tmp_path / "made_cal.fits"))
    np.testing.assert_array_equal(exposure.slits[2]["own.table"], np.arange(5.0))
    assert float(exposure.slits[2].data[0, 0]) == 300
    assert isinstance(exposure.slits[0].get_wcs(), Wcs)


def test_a_value_of_another_type_is_told_with_its_slit(tmp_path):
    exposure = open_exposure(model_of())
    for slit in exposure.slits:
        del slit.values["meta"]["wcs"]
    exposure.slits[1]["source_type"] = "STAR"
    told = "^made_cal.fits: slit S2: SRCTYPE is 'STAR'; it has to be one of EXTENDED, POINT, UNKNOWN$"
    with pytest.raises(GpucalError, match=told):
        write_model(exposure.snapshot(), tmp_path / "made_cal.fits")
    exposure.slits[1]["source_type"], exposure.slits[3]["source_id"] = "POINT", 1.5
    with pytest.raises(GpucalError, match="^made_cal.fits: slit S4: SOURCEID is 1.5; it has to be of type integer$"):
        write_model(exposure.snapshot(), tmp_path / "made_cal.fits")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("cut", [3000, 7000, 30000])
def test_a_file_that_ends_too_early_is_told(theirs, cut):
    content = theirs.read_bytes()
    theirs.write_bytes(content[:cut])
    with pytest.raises(reading.InputError, match="^.*theirs_cal.fits: .*fetch the file again|not a readable FITS file"):
        open_exposure(theirs)


def test_a_tree_that_was_not_used_is_written_as_asdf(tmp_path):
    """By a command, where asdf knows trees of coordinates and no objects."""
    source, made = tmp_path / "theirs_cal.fits", tmp_path / "ours_cal.asdf"
    model_of().save(source)
    script = (
        "import sys\n"
        "from gpucal.startup.asdf_start import few_extensions\n"
        "with few_extensions():\n"
        "    from gpucal.data import open_exposure, write_model\n"
        "    write_model(open_exposure(sys.argv[1]).snapshot(), sys.argv[2])\n"
    )
    subprocess.run([sys.executable, "-c", script, source, made], check=True)
    with datamodels.open(made) as opened:
        assert [slit.meta.wcs(0.0, 0.0)[0] for slit in opened.slits] == [1.0, 2.0, 3.0, 4.0]


def test_long_comments_of_keywords_are_cut_without_a_warning(tmp_path, recwarn):
    write_model(open_exposure(model_of()).snapshot(), tmp_path / "made_cal.fits")
    assert [str(warning.message) for warning in recwarn if "too long" in str(warning.message)] == []
