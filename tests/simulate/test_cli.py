"""``gpucal simulate``."""

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
