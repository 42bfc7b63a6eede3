"""Segments of long exposures agree with the peer: their place in the exposure and their times stay with them."""

import numpy as np
import pytest
from astropy.io import fits
from jwst.pipeline import Detector1Pipeline as PeerDetector1

from bench.agreement import compare_folders
from gpucal.pipelines.detector1 import Detector1Pipeline

NINTS = 5  # of the exposure
SEGMENT = slice(2, 4)  # integrations 3 and 4

EXPOSURES = {
    "nircam": {"detector": "NRCB1", "subarray": "SUB64P", "readpatt": "BRIGHT1", "ngroups": 5},
    "nirspec": {"detector": "NRS1", "subarray": "SUB32", "readpatt": "NRSRAPID", "ngroups": 5},
    "miri": {"detector": "MIRIMAGE", "subarray": "SUB64", "ngroups": 6},
}
TIMES = {"all times": slice(None), "its times": SEGMENT, "no times": None}


def cut(path, segment, times):
    """Leave one segment of an exposure in its file, with all rows of INT_TIMES, its own, or no table."""
    with fits.open(path) as hdus:
        primary = hdus[0].header
        primary["EXSEGNUM"], primary["EXSEGTOT"] = 2, 3
        primary["INTSTART"], primary["INTEND"] = segment.start + 1, segment.stop
        primary["TSOVISIT"] = True
        for name in ("SCI", "ZEROFRAME", "REFOUT"):
            if name in hdus:
                hdus[name].data = hdus[name].data[segment]
        groups = hdus["GROUP"].data["integration_number"] - 1
        hdus["GROUP"].data = hdus["GROUP"].data[(groups >= segment.start) & (groups < segment.stop)]
        if times is None:
            del hdus["INT_TIMES"]
        else:
            hdus["INT_TIMES"].data = hdus["INT_TIMES"].data[times]
        made = path.with_name("segment2_uncal.fits")
        hdus.writeto(made, overwrite=True)
    return made


@pytest.mark.parametrize(
    ("instrument", "times"), [("nircam", "all times"), ("nirspec", "no times"), ("miri", "its times")]
)
def test_a_segment(exposure_with_cache, tmp_path, instrument, times):
    simulation = exposure_with_cache(nints=NINTS, **EXPOSURES[instrument])
    segment = cut(simulation.exposure, SEGMENT, TIMES[times])
    folders = [tmp_path / "ours", tmp_path / "theirs"]
    for folder, pipeline in zip(folders, (Detector1Pipeline, PeerDetector1), strict=True):
        folder.mkdir()
        pipeline.call(str(segment), output_dir=str(folder), save_results=True, save_calibrated_ramp=True)

    agreements = compare_folders(*folders)
    assert sorted(agreements) == [f"segment2_{suffix}.fits" for suffix in ("ramp", "rate", "rateints")]
    for agreement in agreements.values():
        agreement.assert_agrees()
    with fits.open(folders[0] / "segment2_rateints.fits") as rateints:
        header = rateints[0].header
        assert (header["INTSTART"], header["INTEND"], header["EXSEGNUM"]) == (3, 4, 2)
        assert len(rateints["SCI"].data) == 2
        if times != "no times":
            numbers = np.arange(1, NINTS + 1)[TIMES[times]]
            np.testing.assert_array_equal(rateints["INT_TIMES"].data["integration_number"], numbers)
