"""The WCS of images agrees with that of jwst, mode by mode, and gwcs opens what is written."""

import re
from pathlib import Path

import gwcs
import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from bench.keywords import SIP_KEYWORDS
from gpucal.data import Exposure
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.documents import parse_document, read_document
from gpucal.wcs.footprint import footprint, s_region
from gpucal.wcs.modes.imaging import imaging_wcs
from gpucal.wcs.sip import sip_keywords
from gpucal.wcs.world import UnknownFrameError, Wcs

REFERENCES = Path(__file__).parents[1] / "files" / "references"
NIRCAM, NIRISS, MIRI = (
    REFERENCES / f"jwst_{name}.asdf" for name in ("nircam_distortion_0090", "niriss_distortion_0010",
                                                  "miri_imager_distortion_flt9")
)  # fmt: skip
NIRCAM_OFFSETS = REFERENCES / "jwst_nircam_filteroffset_0001.asdf"
MIRI_OFFSETS = REFERENCES / "jwst_miri_filteroffset_full_flt9.asdf"

# Instrument, exposure type, filter and pupil, first pixel and size of the subarray, references.
MODES = {
    "nircam": ("NIRCAM", "NRC_IMAGE", ("F444W", "CLEAR"), (1, 1), (2048, 2048), NIRCAM, NIRCAM_OFFSETS),
    "nircam pupil": ("NIRCAM", "NRC_IMAGE", ("F444W", "F405N"), (1, 1), (2048, 2048), NIRCAM, NIRCAM_OFFSETS),
    "nircam subarray": ("NIRCAM", "NRC_IMAGE", ("F300M", "CLEAR"), (897, 1100), (160, 120), NIRCAM, NIRCAM_OFFSETS),
    "nircam no row": ("NIRCAM", "NRC_TSIMAGE", ("F212N", "CLEAR"), (1, 1), (64, 64), NIRCAM, NIRCAM_OFFSETS),
    "nircam focus": ("NIRCAM", "NRC_FOCUS", ("F444W", "CLEAR"), (1, 1), (2048, 2048), NIRCAM, None),
    "niriss": ("NIRISS", "NIS_IMAGE", ("CLEAR", "F150W"), (1, 1), (2048, 2048), NIRISS, None),
    "niriss ami": ("NIRISS", "NIS_AMI", ("F480M", "NRM"), (1045, 1), (80, 80), NIRISS, None),
    "miri": ("MIRI", "MIR_IMAGE", ("F1000W", None), (1, 1), (1032, 1024), MIRI, MIRI_OFFSETS),
    "miri subarray": ("MIRI", "MIR_IMAGE", ("F560W", None), (413, 51), (256, 256), MIRI, MIRI_OFFSETS),
    "fgs": ("FGS", "FGS_IMAGE", (None, None), (1, 1), (2048, 2048), NIRISS, None),
}  # fmt: skip


def image(instrument, exposure_type, elements, corner, size, *, aberration=1.0000612):
    model = datamodels.ImageModel(size[::-1])
    meta = model.meta
    meta.instrument.name, meta.exposure.type = instrument, exposure_type
    meta.instrument.detector = {"NIRCAM": "NRCALONG", "NIRISS": "NIS", "MIRI": "MIRIMAGE", "FGS": "GUIDER1"}[instrument]
    meta.instrument.filter, meta.instrument.pupil = elements
    meta.instrument.channel, meta.instrument.module = ("LONG", "A") if instrument == "NIRCAM" else (None, None)
    meta.observation.date, meta.observation.time = "2022-07-01", "00:00:00.000"
    meta.subarray.xstart, meta.subarray.ystart = corner
    meta.subarray.xsize, meta.subarray.ysize = size
    meta.subarray.name = "FULL" if max(size) > 1000 else "SUB"
    pointing = {"v2_ref": 90.1, "v3_ref": -491.4, "ra_ref": 0.01, "dec_ref": -27.8, "roll_ref": 33.0}
    for name, value in (pointing | {"v3yangle": 0.2, "vparity": -1}).items():
        setattr(meta.wcsinfo, name, value)
    meta.velocity_aberration.scale_factor = aberration
    return model


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """The model with its WCS by jwst, and the node of that WCS, once for each mode."""
    made = {}

    def run(name):
        if name not in made:
            from jwst.assign_wcs import AssignWcsStep

            *about, distortion, offsets = MODES[name]
            kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
            kinds |= {"override_distortion": str(distortion), "override_filteroffset": str(offsets or "N/A")}
            made[name] = AssignWcsStep.call(image(*about), **kinds)
        return made[name]

    return run


def ours(name):
    *about, distortion, offsets = MODES[name]
    rows = read_document(offsets)["filters"] if offsets else None
    return imaging_wcs(Exposure(image(*about)), read_document(distortion)["model"], rows)


def pixels(name):
    nx, ny = MODES[name][4]
    y, x = np.mgrid[-0.5 : ny - 0.5 : 23j, -0.5 : nx - 0.5 : 29j]
    return x, y


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", MODES)
def test_an_image_has_the_wcs_of_jwst(name, theirs):
    model, wcs = theirs(name), ours(name)
    expected, (x, y) = model.meta.wcs, pixels(name)
    assert wcs.frame_names == [frame if isinstance(frame, str) else frame.name for frame in expected.available_frames]
    assert wcs.bounding_box == expected.bounding_box.bounding_box(order="F")
    expected.bounding_box = None
    for start, end in (("detector", "v2v3"), ("v2v3", "v2v3vacorr")):
        transform = expected.get_transform(start, end)
        np.testing.assert_array_equal(wcs.program(start, end).at(x, y), np.array(transform(x, y)))
    sky = np.array(expected(x, y))
    np.testing.assert_allclose(wcs.program().at(x, y), sky, rtol=0, atol=2e-13)
    back = np.array(expected.get_transform("world", "detector")(*sky))
    np.testing.assert_allclose(wcs.program("world", "detector").at(*sky), back, rtol=0, atol=1e-9)
    assert s_region(footprint(wcs)) == model.meta.wcsinfo.s_region


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", ["nircam subarray", "miri"])
def test_gwcs_opens_what_is_written_and_programs_what_jwst_writes(name, theirs, tmp_path):
    import asdf

    model, wcs = theirs(name), ours(name)
    asdf.AsdfFile({"wcs": wcs.to_node()}).write_to(tmp_path / "ours.asdf")
    x, y = pixels(name)
    with asdf.open(tmp_path / "ours.asdf") as file:
        opened = file["wcs"]
        assert isinstance(opened, gwcs.WCS)
        assert opened.bounding_box.bounding_box(order="F") == wcs.bounding_box
        np.testing.assert_allclose(wcs.program().at(x, y), opened(x, y, with_bounding_box=False), rtol=0, atol=2e-13)
    asdf.AsdfFile({"wcs": model.meta.wcs}).write_to(tmp_path / "theirs.asdf")
    read = Wcs.of_node(parse_document((tmp_path / "theirs.asdf").read_bytes())["wcs"])
    expected = model.meta.wcs(x, y, with_bounding_box=False)
    np.testing.assert_allclose(read.program().at(x, y), expected, rtol=0, atol=2e-13)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", MODES)
def test_the_header_of_an_image_has_the_approximation_of_jwst(name, theirs):
    keywords = sip_keywords(ours(name))
    expected = theirs(name).meta.wcsinfo.instance
    half = max(MODES[name][4]) / 2
    for keyword, value in keywords.items():
        if coefficient := re.fullmatch(r"[ab]p?_(\d)_(\d)", keyword):
            powers = int(coefficient[1]) + int(coefficient[2])
            assert abs(value - expected[keyword]) * half**powers < 1e-7, keyword  # pixels, at the edge
        elif keyword.startswith("sip"):
            assert abs(value - expected[keyword]) < 3e-9, keyword  # pixels
        elif isinstance(value, float):
            assert value == pytest.approx(expected[keyword], rel=1e-9, abs=1e-14), keyword
        else:
            assert value == expected[keyword], keyword
    assert {key for key in expected if re.match(r"cd|[ab]p?_|cr|ct|cu|sip", key)} <= set(keywords)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", ["nircam subarray", "niriss", "miri", "fgs"])
def test_the_step_gives_the_product_of_jwst(name, theirs):
    *about, distortion, offsets = MODES[name]
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    kinds |= {"override_distortion": str(distortion), "override_filteroffset": str(offsets or "N/A")}
    result = AssignWcsStep.call(image(*about), **kinds)
    assert isinstance(result.meta.wcs, gwcs.WCS)
    compare(result, theirs(name)).apart_from(SIP_KEYWORDS).assert_agrees()


@pytest.mark.usefixtures("offline")
def test_the_reference_pixel_of_the_header_is_kept(peer_step):
    *about, distortion, offsets = MODES["miri subarray"]
    model = image(*about)
    model.meta.wcsinfo.crpix1, model.meta.wcsinfo.crpix2 = 30.5, 141.0
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    kinds |= {"override_distortion": str(distortion), "override_filteroffset": str(offsets)}
    expected = peer_step("assign_wcs", model, **kinds).meta.wcsinfo.instance
    keywords = AssignWcsStep.call(model, **kinds).meta.wcsinfo.instance
    assert (keywords["crpix1"], keywords["crpix2"]) == (30.5, 141.0)
    for keyword in ("crval1", "crval2", "cd1_1", "cd1_2", "cd2_1", "cd2_2"):
        assert keywords[keyword] == pytest.approx(expected[keyword], rel=1e-9, abs=1e-14), keyword
    assert {"a_order", "ap_order"} <= keywords.keys() and keywords.keys() == expected.keys()


@pytest.mark.usefixtures("offline")
def test_frames_are_named():
    with pytest.raises(UnknownFrameError, match="no frame 'moon'; its frames are detector, v2v3, v2v3vacorr, world"):
        ours("niriss").program("detector", "moon")
