"""``gpucal simulate``."""

import pytest
from astropy.io import fits

from gpucal.cli.main import main
from gpucal.simulate import Effects


def test_command(tmp_path, capsys):
    words = f"simulate {tmp_path} --detector nis --subarray sub80 --readpatt nis --ngroups 2 --nints 2 --seed 7"
    assert main([*words.split(), "--no-ipc", "--no-bias", "--cache", str(tmp_path / "refs")]) == 0
    printed = capsys.readouterr().out
    exposure = next(tmp_path.glob("*_nis_uncal.fits"))
    header = fits.getheader(exposure)
    assert (header["SUBARRAY"], header["READPATT"], header["NGROUPS"], header["NINTS"]) == ("SUB80", "NIS", 2, 2)
    assert str(exposure) in printed and f"export CRDS_PATH={tmp_path / 'refs'}" in printed
    names = [path.name for path in (tmp_path / "refs" / "references" / "jwst" / "niriss").iterdir()]
    assert not any("_ipc_" in name for name in names) and any("_dark_" in name for name in names)


def test_every_effect_has_a_switch(capsys):
    try:
        main(["simulate", "-h"])
    except SystemExit:
        pass
    shown = capsys.readouterr().out
    for effect in Effects.switches():
        assert f"--no-{effect.replace('_', '-')}" in shown


def test_unknown_detector_is_one_line(tmp_path, capsys):
    assert main(["simulate", str(tmp_path), "--detector", "NRCC1"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "NRCC1" in error and "NRCA1" in error


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--filter", "F200", "FILTER 'F200' is none of NIRCAM; nearest valid name: 'F200W'"),
        ("--exp-type", "nrc_imag", "EXP_TYPE 'NRC_IMAG' is none of NIRCAM; nearest valid name: 'NRC_IMAGE'"),
        ("--exp-type", "NIS_IMAGE", "EXP_TYPE 'NIS_IMAGE' is none of NIRCAM; nearest valid name: 'NRC_IMAGE'"),
    ],
)
def test_value_that_no_exposure_has(tmp_path, capsys, option, value, told):
    assert main(["simulate", str(tmp_path / "new"), option, value]) == 1
    assert capsys.readouterr().err == f"gpucal: {told}\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [["simulate", "{}/new"], ["simulate", ".", "--cache", "{}/new"], ["demo", "{}/new"]])
def test_folder_that_cannot_be_made(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "file"
    file.touch()
    assert main([word.format(file) for word in words]) == 1
    told = capsys.readouterr().err
    assert told == f"gpucal: {file}/new: cannot make the output directory (Not a directory)\n"


def test_an_observation(tmp_path, capsys):
    words = f"simulate {tmp_path} --observation dither --detectors nrca1 --filters F115W --subarray SUB160 --rates"
    assert main([*words.split(), "--dithers", "2", "--stars", "5", "--galaxies", "1", "--no-cosmic-rays"]) == 0
    printed = capsys.readouterr().out
    rates = sorted(tmp_path.glob("*_nrca1_rate.fits"))
    assert [fits.getval(path, "FILTER") for path in rates] == ["F115W"] * 2
    found = [*rates, *tmp_path.glob("*_asn.json"), *tmp_path.glob("*_cat.ecsv")]
    assert len(found) == 5 and all(str(path) in printed for path in found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--dithers 3", "--dithers needs --observation"),
        ("--observation moving --template a.fits", "--template is for single exposures, not for --observation"),
        ("--observation wfs --dithers 3", "wave front sensing takes pairs of exposures, not 3"),
    ],
)
def test_options_that_do_not_fit_are_one_line(tmp_path, capsys, options, message):
    assert main(["simulate", str(tmp_path), *options.split()]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error
