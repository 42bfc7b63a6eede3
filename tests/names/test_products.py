"""Names of products: suffixes found, replaced, and put together with index, directory and extension."""

from pathlib import Path

import pytest

from gpucal.names.products import PRODUCTS, SUFFIXES, base_name, product_path, remove_suffix, split_suffix
from gpucal.names.steps import STEPS

EXPOSURE = "jw01345001001_02201_00001_nrca1"

REQUIRED = (
    "uncal ramp rate rateints fitopt dark bsub bsubints cal calints crf crfints x1d x1dints c1d i2d s2d s3d "
    "cat segm phot whtlt psfstack psfalign psfsub ami amiavg aminorm wfscmb"
)


def test_all_products_are_known():
    assert set(REQUIRED.split()) <= set(PRODUCTS)


def test_every_suffix_is_removed_whole():
    assert {remove_suffix(f"{EXPOSURE}_{suffix}") for suffix in SUFFIXES} == {
        (EXPOSURE, suffix) for suffix in SUFFIXES
    }


def test_a_step_is_known_by_name_and_class():
    assert {*STEPS, *(entry.class_name.lower() for entry in STEPS.values())} <= SUFFIXES
    assert {"jump", "jumpstep", "dq_init", "dqinitstep", "detector1pipeline"} <= SUFFIXES


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("x_dq_init", ("x", "_", "dq_init")),
        ("x-uncal", ("x", "-", "uncal")),
        ("x_rate_cal", ("x_rate", "_", "cal")),
        ("x_ami-oi", ("x", "_", "ami-oi")),
        ("x_RATE", ("x_RATE", "_", None)),
        ("x_rate_", ("x_rate_", "_", None)),
        ("x_krate", ("x_krate", "_", None)),
        ("rate", ("rate", "_", None)),
        ("_rate", ("_rate", "_", None)),
        ("x", ("x", "_", None)),
    ],
)
def test_a_name_is_split_at_its_last_suffix(name, parts):
    assert split_suffix(name) == parts


@pytest.mark.parametrize(
    ("source", "suffix", "options", "expected"),
    [
        ("x_uncal.fits", "dq_init", {}, "x_dq_init.fits"),
        ("/data/in/x_uncal.fits", "rate", {}, "x_rate.fits"),
        ("x.fits", "rate", {}, "x_rate.fits"),
        ("x-uncal.fits", "rate", {}, "x-rate.fits"),
        ("x_uncal.fits", None, {}, "x_uncal.fits"),
        ("x_uncal.fits", "rate", {"index": 0}, "x_0_rate.fits"),
        ("x_uncal.fits", "cal", {"index": 3, "components": ("s01", None)}, "x_3_s01_cal.fits"),
        ("x_uncal.fits", "rate", {"ext": "asdf"}, "x_rate.asdf"),
        ("x_uncal.fits.gz", "rate", {}, "x_rate.fits"),
        ("there/x_uncal.FITS.BZ2", "rate", {}, "x_rate.fits"),
        ("x_uncal.asdf", "rate", {}, "x_rate.fits"),
        ("x_uncal.fits", "rate", {"output_file": "mine.fits.gz"}, "mine_rate.fits"),
        ("x_uncal.fits", "rate", {"ext": ".asdf"}, "x_rate.asdf"),
        ("x_uncal.fits", "rate", {"output_file": "mine"}, "mine_rate.fits"),
        ("x_uncal.fits", "rate", {"output_file": "mine_ramp.fits"}, "mine_rate.fits"),
        ("x_uncal.fits", "rate", {"output_file": "/elsewhere/mine.fits"}, "mine_rate.fits"),
        ("x_uncal.fits", "rate", {"output_dir": "out"}, "out/x_rate.fits"),
        ("x_uncal.fits", "rate", {"output_dir": "out", "output_file": "there/mine"}, "out/mine_rate.fits"),
    ],
)
def test_product_path(source, suffix, options, expected):
    assert product_path(source, suffix, **options) == Path(expected)


def test_home_and_environment_are_expanded_in_the_output_directory(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("SCRATCH", "/scratch")
    assert product_path("x_uncal.fits", "rate", output_dir="~/out") == Path("/home/someone/out/x_rate.fits")
    assert product_path("x_uncal.fits", "rate", output_dir="$SCRATCH") == Path("/scratch/x_rate.fits")


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("raw/star_rate.fits", "star"),
        ("star_uncal.fits.gz", "star"),
        ("a_field_of_stars.fits", "a_field_of_stars"),
        ("x_dq_init.fits", "x"),
    ],
)
def test_the_base_of_a_name_lacks_a_suffix_only_if_it_has_one(path, base):
    assert base_name(path) == base
