"""Products are the same whatever is done for a faster start."""

import os
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits

from gpucal.simulate import simulate
from gpucal.startup.switch import VARIABLE

# What tells when a product was made.
TIMES = {"DATE"}


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """The folders of products that were made with a faster start and with a plain one."""
    place = tmp_path_factory.mktemp("simulated")
    simulation = simulate(place, detector="NRCB1", subarray="SUB64P", ngroups=5, nints=2, seed=8)
    folders = []
    for value in ("0", "1"):
        folders.append(place / f"plain_{value}")
        subprocess.run(
            [sys.executable, "-m", "gpucal", "strun", "calwebb_detector1", str(simulation.exposure),
             f"--output_dir={folders[-1]}", "--save_calibrated_ramp=true"],
            env=os.environ | simulation.environment() | {VARIABLE: value}, capture_output=True, check=True,
        )  # fmt: skip
    return folders


def test_the_same_products_are_made(products):
    names = [sorted(path.name for path in folder.iterdir()) for folder in products]
    assert names[0] == names[1] and len(names[0]) == 3


@pytest.mark.parametrize("suffix", ["rate", "rateints", "ramp"])
def test_products_are_equal(suffix, products):
    files = [next(folder.glob(f"*_{suffix}.fits")) for folder in products]
    with fits.open(files[0]) as quick, fits.open(files[1]) as plain:
        assert [hdu.name for hdu in quick] == [hdu.name for hdu in plain]
        for one, other in zip(quick, plain, strict=True):
            if one.name != "ASDF":
                assert _cards(one) == _cards(other)
                np.testing.assert_array_equal(one.data, other.data)
        assert _history(quick) == _history(plain)


def _cards(hdu):
    return [card for card in map(tuple, hdu.header.cards) if card[0] not in TIMES]


def _history(hdus) -> str:
    """What the tree of a product says of how the tree was written: which extensions of asdf were used."""
    tree = hdus["ASDF"].data.tobytes().partition(b"\n...")[0].decode()
    return tree[: tree.index("\nmeta:")].partition("_fits_hash")[0]
