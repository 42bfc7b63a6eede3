"""What assign_wcs needs of exposures of NIRSpec, and what it says where that is missing."""

import asdf
import pytest

from gpucal.cli.main import main
from gpucal.data import Exposure
from gpucal.errors import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.modes.nirspec.msa_file import MsaFileError
from gpucal.wcs.modes.nirspec.open_slits import open_slits
from gpucal.wcs.world import Wcs
from tests.nirspec_slits import exposure, overrides, through_shutters

FRAME = ("SUBS200A1", (1, 1041), (2048, 64))


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """A folder for references; see `tests.nirspec_slits.references`."""
    return tmp_path_factory.mktemp("nirspec_references")


def run(model, references, **parameters):
    grating = model.meta.instrument.grating
    return AssignWcsStep.call(Exposure(model), **overrides(references, grating), **parameters)


def boxes(result):
    return {slit.name: slit.bounding_box for slit in open_slits(Wcs.of_kept(result.meta.wcs))}


def test_the_ends_of_slits_are_those_asked_for(references):
    usual = boxes(run(exposure(frame=FRAME), references))["S200A1"]
    short = boxes(run(exposure(frame=FRAME), references, slit_y_low=-0.2, slit_y_high=0.2))["S200A1"]
    assert usual[1][0] < short[1][0] - 8
    assert short[1][1] < usual[1][1] - 8


@pytest.mark.parametrize(("low", "high"), [(float("nan"), 0.55), (0.9, 0.55), (-1e9, 0.55)])
def test_ends_of_slits_that_are_none_are_refused(low, high, references):
    with pytest.raises(GpucalError, match=f"slit_y_low is {low} and slit_y_high {high}: the first has to be less"):
        run(exposure(frame=FRAME), references, slit_y_low=low, slit_y_high=high)


def test_the_file_of_shutters_is_looked_for_beside_the_exposure(references, tmp_path, monkeypatch):
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    model = through_shutters(folder / "msa.fits", frame=("SUB", (1, 1), (2048, 16)))
    model.meta.instrument.msa_metadata_file = "msa.fits"
    model.save(folder / "rate.fits")
    monkeypatch.chdir(elsewhere)
    result = AssignWcsStep.call(folder / "rate.fits", **overrides(references, "G395M"))
    assert set(boxes(result)) == {2, 3, 4, 7, "S200A1"}


def test_shutters_need_their_file_and_keywords(references, tmp_path):
    model = through_shutters(tmp_path / "msa.fits", frame=("SUB", (1, 1), (64, 16)))
    model.meta.instrument.msa_metadata_id = None
    with pytest.raises(MsaFileError, match="lacks MSAMETID, which tell the open shutters"):
        run(model, references)
    model.meta.instrument.msa_metadata_id = 1
    model.meta.instrument.msa_metadata_file = "N/A"
    with pytest.raises(MsaFileError, match="lacks MSAMETFL"):
        run(model, references)
    model.meta.instrument.msa_metadata_file = str(tmp_path / "another.fits")
    with pytest.raises(MsaFileError, match=r"another.fits: there is no such MSA metadata file"):
        run(model, references)


def test_a_missing_reference_is_told(references):
    parameters = overrides(references, "G395M") | {"override_camera": "N/A"}
    with pytest.raises(ReferenceFileError, match="there is no camera reference, which a WCS of NIRSpec needs"):
        AssignWcsStep.call(Exposure(exposure(frame=FRAME)), **parameters)


def test_what_the_header_lacks_is_told_with_the_exposure(references):
    model = exposure(grating="PRISM", frame=FRAME, instrument__gwa_tilt=None, filename="here_rate.fits")
    with pytest.raises(GpucalError, match=r"here_rate.fits: the header lacks GWA_TILT"):
        run(model, references)


def test_keywords_that_correct_wavelengths_are_missed(references, caplog):
    run(exposure(frame=FRAME, instrument__gwa_xtilt=None, wcsinfo__velosys=None), references)
    assert "the header lacks GWA_XTIL: wavelengths do without the tilt of the grating" in caplog.text
    assert "the header lacks VELOSYS: wavelengths are not corrected to the barycenter" in caplog.text


def test_an_image_of_an_unknown_part_of_the_detector_is_refused(references):
    with pytest.raises(GpucalError, match="the header lacks SUBSTRT2, which tell the part of the detector"):
        run(exposure(frame=FRAME, subarray__ystart=None), references)


def test_a_reference_that_lacks_something_is_told(references, tmp_path):
    asdf.AsdfFile({"meta": {"instrument": {"name": "NIRSPEC"}}}).write_to(tmp_path / "camera.asdf")
    parameters = overrides(references, "G395M") | {"override_camera": str(tmp_path / "camera.asdf")}
    with pytest.raises(ReferenceFileError, match="a reference of assign_wcs holds no 'model'"):
        AssignWcsStep.call(Exposure(exposure(frame=FRAME)), **parameters)


def test_no_slit_on_the_detector_ends_with_exit_code_64(references, tmp_path, capsys):
    model = exposure("NRS_BRIGHTOBJ", "PRISM", "NRS2", ("SUB512", (1, 945), (512, 32)))
    model.save(tmp_path / "rateints.fits")
    named = [f"--{name}={value}" for name, value in overrides(references, "PRISM").items()]
    code = main(["strun", "assign_wcs", str(tmp_path / "rateints.fits"), f"--output_dir={tmp_path}", *named])
    assert code == 64
    assert "no open slit falls on detector NRS2" in capsys.readouterr().err


@pytest.mark.parametrize(
    "told",
    [{"kind": "NRS_DARK"}, {"kind": "NRS_LAMP", "instrument__lamp_mode": "GRATING-ONLY"}, {"kind": "NRS_AUTOWAVE"}],
)
def test_exposures_that_show_no_slit_are_skipped(told, references):
    result = run(exposure(frame=FRAME, **told), references)
    assert result.meta.cal_step.assign_wcs == "SKIPPED"
    assert result.meta.wcs is None


def test_a_lamp_takes_the_region_on_the_sky_away(references):
    told = {"instrument__filter": "OPAQUE", "instrument__lamp_mode": "FIXEDSLIT", "instrument__lamp_state": "LINE3"}
    result = run(exposure("NRS_LAMP", frame=FRAME, wcsinfo__s_region="POLYGON ICRS 1 2 3 4 5 6", **told), references)
    assert result.meta.wcsinfo.s_region is None
    kept = run(exposure(frame=FRAME, wcsinfo__s_region="POLYGON ICRS 1 2 3 4 5 6"), references)
    assert kept.meta.wcsinfo.s_region == "POLYGON ICRS 1 2 3 4 5 6"
