"""Whatever is wrong, stage 1 ends with one clear line and exit code 1, or with a valid product.

Nothing is ever left under a product's final name that is not whole, and inputs are never changed.
"""

import hashlib
import resource
import shutil

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.cli.main import main
from gpucal.core import NoScienceData
from gpucal.kernels.flags.dqflags import DO_NOT_USE, SATURATED
from gpucal.simulate import simulate
from gpucal.steps.ramps.dq_init import DQInitStep


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    directory = tmp_path_factory.mktemp("simulated")
    return simulate(
        directory, detector="NRCB1", subarray="SUB64P", readpatt="RAPID", ngroups=4, nints=1, seed=3
    )


@pytest.fixture
def raw(simulation, tmp_path, monkeypatch):
    """A raw exposure of its own for each test, and the environment that serves it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GPUCAL_BACKEND", "cpu")
    for name, value in simulation.environment().items():
        monkeypatch.setenv(name, value)
    return shutil.copy(simulation.exposure, tmp_path / "jw1_nrcb1_uncal.fits")


@pytest.fixture
def gpucal(capsys, tmp_path):
    """Run stage 1; returns the exit code, the error line, and the products that are there afterwards."""

    def run(*words):
        inputs = {path: hashlib.sha1(path.read_bytes()).digest() for path in tmp_path.glob("*_uncal.fits")}
        code = main(["strun", "calwebb_detector1", *map(str, words)])
        assert {path: hashlib.sha1(path.read_bytes()).digest() for path in inputs} == inputs
        error = capsys.readouterr().err.strip()
        products = sorted(path.name for path in tmp_path.rglob("*.fits") if path not in inputs)
        assert not [path for path in tmp_path.rglob(".gpucal-*")]
        return code, error, products

    return run


def assert_refused(result, *words):
    code, error, products = result
    assert code == 1
    line = error.splitlines()[-1]
    assert line.startswith("gpucal: ") and "Traceback" not in error
    for word in words:
        assert word in line
    assert [name for name in products if name.endswith(("_rate.fits", "_rateints.fits"))] == []


def test_truncated_file(raw, gpucal):
    content = raw.read_bytes()
    raw.write_bytes(content[: len(content) * 2 // 3])
    assert_refused(gpucal(raw), raw.name, "truncated")


def test_an_extension_that_cannot_be_read(raw, gpucal):
    cards = ("XTENSION= 'IMAGE   '", "BITPIX  = many", "END")
    raw.write_bytes(raw.read_bytes() + "".join(card.ljust(80) for card in cards).ljust(2880).encode())
    assert_refused(gpucal(raw), raw.name, "not readable from byte", "fetch the file again")


def test_padding_does_no_harm(raw, gpucal):
    raw.write_bytes(raw.read_bytes() + b"\0" * 2880)
    code, error, products = gpucal(raw)
    assert code == 0 and len(products) == 2


def test_not_a_fits_file(raw, gpucal):
    raw.write_text("hello\n" * 1000)
    assert_refused(gpucal(raw), raw.name, "not a readable FITS file")


def test_a_file_of_another_kind(raw, gpucal, simulation):
    image = datamodels.ImageModel((64, 64))
    image.meta.instrument.name = "NIRCAM"
    image.save("jw1_nrcb1_cal.fits")
    assert_refused(gpucal("jw1_nrcb1_cal.fits"), "jw1_nrcb1_cal.fits", "ImageModel", "RampModel")


@pytest.mark.parametrize("keyword", ["INSTRUME", "DETECTOR", "EXP_TYPE", "NFRAMES", "GROUPGAP", "TGROUP"])
def test_missing_keyword(raw, gpucal, keyword):
    with fits.open(raw, mode="update") as hdulist:
        del hdulist[0].header[keyword]
    assert_refused(gpucal(raw), raw.name, keyword)


def test_an_instrument_without_an_order_of_steps(raw, gpucal):
    fits.setval(raw, "INSTRUME", value="TFI")
    assert_refused(gpucal(raw), raw.name, "TFI")


def test_reference_of_another_shape(raw, gpucal, simulation):
    with fits.open(simulation.references["superbias"]) as hdulist:
        hdulist["SCI"].data = hdulist["SCI"].data[:40, :40]
        hdulist["DQ"].data = hdulist["DQ"].data[:40, :40]
        hdulist.writeto("small.fits")
    result = gpucal(raw, "--steps.superbias.override_superbias=small.fits")
    assert_refused(result, "superbias reference", "small.fits", "does not match the exposure")


def test_reference_of_another_detector_that_the_user_names(raw, gpucal, simulation, caplog):
    shutil.copy(simulation.references["gain"], "other.fits")
    fits.setval("other.fits", "DETECTOR", value="NRCB3")
    code, _, products = gpucal(raw, "--steps.jump.override_gain=other.fits")
    assert code == 0 and any(name.endswith("_rate.fits") for name in products)
    (warning,) = [record.getMessage() for record in caplog.records if "NRCB3" in record.getMessage()]
    assert "other.fits" in warning and "NRCB1" in warning


def test_reference_full_of_nan(raw, gpucal, simulation):
    with fits.open(simulation.references["readnoise"]) as hdulist:
        hdulist["SCI"].data[:] = np.nan
        hdulist.writeto("nan.fits")
    assert_refused(
        gpucal(raw, "--steps.jump.override_readnoise=nan.fits"), "readnoise", "nan.fits", "NaN throughout"
    )


def test_missing_reference(raw, gpucal):
    result = gpucal(raw, "--steps.jump.override_gain=nowhere.fits")
    assert_refused(result, "gain reference", "nowhere.fits", "no such file")


def test_reference_that_the_cache_lacks(raw, gpucal, simulation, tmp_path, monkeypatch):
    cache = shutil.copytree(simulation.cache, tmp_path / "cache")
    monkeypatch.setenv("CRDS_PATH", str(cache))
    gain = simulation.references["gain"].name
    next(cache.rglob(gain)).unlink()
    code, error, _ = gpucal(raw)
    assert code == 1 and gain in error.splitlines()[-1] and "CRDS_PATH" in error


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--steps.jump.rejection_treshold=5"], ["rejection_treshold", "steps.jump.rejection_threshold"]),
        (["--steps.jmup.skip=true"], ["jmup", "jump"]),
        (["--steps.jump.rejection_threshold=many"], ["rejection_threshold", "many"]),
        (["--save_calibrated_rump=true"], ["save_calibrated_rump", "save_calibrated_ramp"]),
        (["--steps.ramp_fit.algorithm=GLS"], ["algorithm", "GLS"]),
    ],
)
def test_bad_words_on_the_command_line(raw, gpucal, words, expected):
    assert_refused(gpucal(raw, *words), *expected)


def test_bad_parameter_in_a_configuration_file(raw, tmp_path, capsys):
    (tmp_path / "mine.cfg").write_text(
        "class = Detector1Pipeline\n[steps]\n[[jump]]\nrejection_treshold = 5\n"
    )
    assert main(["strun", "mine.cfg", str(raw)]) == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "mine.cfg" in line and "rejection_treshold" in line and "rejection_threshold" in line


def test_output_directory_that_cannot_be_made(raw, gpucal, tmp_path):
    (tmp_path / "taken").write_text("a file")
    assert_refused(gpucal(raw, "--output_dir=taken/here"), "taken/here", "output directory")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--steps.jump.output_dir=taken/here", "--steps.jump.save_results=true"], ["taken/here", "output directory"]),
        (["--output_ext=.txt"], ["output_ext '.txt' is no format of products", ".fits and .asdf"]),
        (["--steps.jump.output_ext=FITS"], ["output_ext '.FITS'"]),
        ([f"--output_file={'n' * 250}"], ["more than 255 letters", "shorter output_file"]),
        ([f"--output_file={'é' * 60}"], ["more than 255 letters"]),
    ],
)
def test_products_that_cannot_be_written_are_refused_before_the_first_step(
    raw, gpucal, tmp_path, monkeypatch, words, expected
):
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr("gpucal.core.run.runner.execute_in_order", None)
    assert_refused(gpucal(raw, *words), *expected)


def test_output_directory_is_made(raw, gpucal):
    code, _, products = gpucal(raw, "--output_dir=new/one")
    assert code == 0 and products == ["jw1_nrcb1_rate.fits", "jw1_nrcb1_rateints.fits"]


def test_disk_full(raw, gpucal):
    """The system refuses to let any file grow beyond 20 kB, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    gpucal(raw)  # once before, so that compiled kernels need no room in the user's cache
    for product in raw.parent.glob("*_rate*.fits"):
        product.unlink()
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        result = gpucal(raw)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_refused(result, "jw1_nrcb1_rate", "cannot be written")


def test_interrupt_while_writing(raw, gpucal, monkeypatch):
    save = datamodels.CubeModel.save

    def interrupted(model, path, *args, **kwargs):
        save(model, path, *args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(datamodels.CubeModel, "save", interrupted)
    code, error, products = gpucal(raw)
    assert code == 130 and error.endswith("gpucal: interrupted")
    assert products in ([], ["jw1_nrcb1_rate.fits"])  # the other product may be whole, this one is not there


def test_zero_groups(raw, gpucal):
    with fits.open(raw) as hdulist:
        hdulist["SCI"].data = None
        hdulist[0].header["NGROUPS"] = 0
        hdulist.writeto("jw1_empty_uncal.fits")
    assert_refused(gpucal("jw1_empty_uncal.fits"), "jw1_empty_uncal.fits", "no pixels")


def set_pixels(raw, value):
    with fits.open(raw, mode="update") as hdulist:
        hdulist["SCI"].data[:] = value


def test_all_pixels_saturated(raw, gpucal):
    set_pixels(raw, 65535)
    code, error, products = gpucal(raw)
    assert code == 0, error
    assert products == ["jw1_nrcb1_rate.fits", "jw1_nrcb1_rateints.fits"]
    with datamodels.open("jw1_nrcb1_rate.fits") as rate:
        flagged = (rate.dq & (SATURATED | DO_NOT_USE)) != 0
        assert flagged.mean() > 0.99 and np.isnan(rate.data[flagged]).mean() > 0.99


def test_all_groups_do_not_use(raw, gpucal, simulation):
    with fits.open(simulation.references["mask"]) as hdulist:
        hdulist["DQ"].data[:] = 1
        hdulist.writeto("dead.fits")
    code, error, products = gpucal(raw, "--steps.dq_init.override_mask=dead.fits")
    assert code == 0, error
    with datamodels.open("jw1_nrcb1_rate.fits") as rate:
        assert (rate.dq & DO_NOT_USE).all() and np.isnan(rate.data).all()


def test_no_science_data_has_an_exit_code_of_its_own(raw, gpucal, monkeypatch):
    def process(_step, exposure, _references):
        raise NoScienceData(f"{exposure.source}: no science data found")

    monkeypatch.setattr(DQInitStep, "process", process)
    code, error, products = gpucal(raw)
    assert code == 64 and "no science data found" in error and products == []


def test_no_traceback_unless_asked_for(raw, monkeypatch, capsys):
    def process(_step, _exposure, _references):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(DQInitStep, "process", process)
    assert main(["strun", "calwebb_detector1", str(raw)]) == 1
    error = capsys.readouterr().err
    assert "RuntimeError: unforeseen" in error and "--debug" in error and "Traceback" not in error
    assert main(["strun", "calwebb_detector1", str(raw), "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err
