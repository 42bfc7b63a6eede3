"""The pipeline of dark exposures agrees with the peer's, in every extension and keyword."""

import pytest
from jwst.pipeline import DarkPipeline as PeerDark

from bench.agreement import compare_folders
from gpucal.pipelines.dark import DarkPipeline

EXPOSURES = {
    "nircam": {"detector": "NRCB1", "subarray": "SUB64P", "readpatt": "BRIGHT1", "ngroups": 4, "nints": 2},
    "niriss": {"detector": "NIS", "subarray": "SUB80", "readpatt": "NIS", "ngroups": 3},
    "nirspec": {"detector": "NRS1", "subarray": "SUB32", "readpatt": "NRSRAPID", "ngroups": 6, "nints": 2},
    "miri": {"detector": "MIRIMAGE", "subarray": "SUB64", "ngroups": 6, "nints": 2},
}


@pytest.fixture
def products(tmp_path, exposure_with_cache):
    """Run both pipelines on a simulated exposure; gives the two folders of products."""

    def run(settings, steps):
        simulation = exposure_with_cache(**settings)
        folders = [tmp_path / "ours", tmp_path / "theirs"]
        # without a parameter reference, the peer's product is named after the class
        suffixes = [{}, {"suffix": "dark"}]
        for folder, pipeline, suffix in zip(folders, (DarkPipeline, PeerDark), suffixes, strict=True):
            folder.mkdir()
            pipeline.call(
                str(simulation.exposure), output_dir=str(folder), save_results=True, steps=steps, **suffix
            )
        return folders

    return run


@pytest.mark.parametrize("settings", EXPOSURES.values(), ids=EXPOSURES)
def test_dark_exposures(products, settings):
    ours, theirs = products(settings, {})
    (agreement,) = compare_folders(ours, theirs).values()
    agreement.assert_agrees()
    assert [path.name.rpartition("_")[2] for path in ours.iterdir()] == ["dark.fits"]


def test_parameters_of_steps(products):
    steps = {
        "linearity": {"skip": True},
        "refpix": {"use_side_ref_pixels": False},
        "superbias": {"save_results": True},
    }
    agreements = compare_folders(*products(EXPOSURES["nircam"], steps))
    assert len(agreements) == 2
    for agreement in agreements.values():
        agreement.assert_agrees()
