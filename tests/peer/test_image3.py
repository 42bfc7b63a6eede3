"""Stage 3 of images agrees with the peer, in every product."""

import pytest
from astropy.table import QTable
from jwst.pipeline import Image3Pipeline as PeerImage3

from bench.agreement import compare_folders
from bench.keywords import SIP_KEYWORDS
from gpucal.pipelines import Image2Pipeline, Image3Pipeline
from gpucal.simulate import Field, ImagingOptions, Plan, PointingErrors, observe
from tests.peer.test_resample import assert_agree, clear_slivers
from tests.peer.test_source_catalog import assert_same

OPTIONS = ImagingOptions(Field(stars=50, galaxies=8), PointingErrors(relative=0.1))

OBSERVATIONS = {
    "nircam": ("dither", {"detectors": ("NRCALONG",), "subarray": "SUB320"}),
    "two detectors": ("dither", {"detectors": ("NRCB1", "NRCB2"), "subarray": "SUB320"}),
    "miri": ("dither", {"detectors": ("MIRIMAGE",), "subarray": "SUB256"}),
    "moving": ("moving", {"detectors": ("NRCALONG",), "subarray": "SUB320"}),
}


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_a_mosaic(name, tmp_path, monkeypatch, without_parameter_references):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    plan, about = OBSERVATIONS[name]
    observed = observe(tmp_path, Plan.named(plan), rates=True, options=OPTIONS, **about)
    monkeypatch.chdir(tmp_path)  # where jwst puts some of its products
    with observed.crds():
        Image2Pipeline.call(str(observed.level2), output_dir=str(tmp_path), save_results=True)
        for folder, pipeline in {"ours": Image3Pipeline, "theirs": PeerImage3}.items():
            (tmp_path / folder).mkdir()
            pipeline.call(str(observed.level3[0]), output_dir=str(tmp_path / folder), save_results=True)
    mosaic = f"{observed.level3[0].stem.removesuffix('_image3_asn')}_i2d.fits"
    mosaics = [tmp_path / folder / mosaic for folder in ("ours", "theirs")]
    clear_slivers(*mosaics)
    assert_agree(*mosaics)  # with the tolerances of resampling
    compared = compare_folders(tmp_path / "ours", tmp_path / "theirs")
    for name, agreement in compared.items():
        if name != mosaic:
            agreement.apart_from(SIP_KEYWORDS).assert_agrees()
    assert {name.rpartition("_")[2] for name in compared} == {"crf.fits", "i2d.fits", "segm.fits"}
    ours, theirs = (QTable.read(next((tmp_path / folder).glob("*_cat.ecsv"))) for folder in ("ours", "theirs"))
    assert len(ours) > 10 and ours.colnames == theirs.colnames
    for column in theirs.colnames:
        assert_same(ours[column], theirs[column], column)
