"""A run of a command needs few extensions of asdf, also where a file holds world coordinates."""

import json
import os
import subprocess
import sys

import asdf
import numpy as np
import pytest
from astropy import coordinates, units
from astropy.io import fits
from astropy.modeling.models import AffineTransformation2D, Identity, Pix2Sky_TAN, Shift, Tabular1D
from gwcs import coordinate_frames as frames
from gwcs.wcs import WCS
from stdatamodels.jwst import datamodels

from gpucal.startup.asdf_core import core_extensions
from gpucal.startup.asdf_start import few_extensions
from gpucal.startup.switch import VARIABLE

# Opens a file and writes it again, with what a hook does to it; tells which extensions were loaded for each.
SCRIPT = """
import json, sys
from gpucal.core.run.hooks import run_hooks
from gpucal.data import open_exposure, write_model
from gpucal.startup.asdf_start import few_extensions

def add_transform(model):
    from astropy.modeling.models import Shift
    model.meta.instance["offset"] = Shift(2.0)

def shift_sky(model):
    from astropy.modeling.models import Identity, Shift
    model.meta.wcs.insert_transform("world", Shift(1.0) & Identity(1))

HOOKS = {"add_transform": [add_transform], "shift_sky": [shift_sky]}

def loaded():
    return "asdf_astropy.extensions" in sys.modules or "gwcs.extension" in sys.modules

with few_extensions():
    exposure = open_exposure(sys.argv[1])
    if sys.argv[3] == "copy":
        exposure = open_exposure(exposure.to_model())
    assert exposure.data.sum() == 12
    told = [loaded()]
    write_model(run_hooks(HOOKS.get(sys.argv[3], []), exposure).snapshot(), sys.argv[2])
    told.append(loaded())
import asdf
assert len(asdf.get_config().extensions) > 10
print(json.dumps(told))
"""


def image(path, **metadata):
    model = datamodels.ImageModel(data=np.ones((3, 4), np.float32))
    model.meta.wcs = metadata.pop("wcs", None)
    for name, value in metadata.items():
        model.meta.instance[name] = value
    model.save(path)
    return path


def loaded(path, product, hook="", plain=False):
    """Whether other extensions were loaded to read a file, and to write it again."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path, product, hook],
        env=environment | ({VARIABLE: "1"} if plain else {}), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def offset_in(path):
    with datamodels.open(path) as model:
        return model.meta.instance["offset"].offset.value


@pytest.fixture(scope="module")
def sky():
    """World coordinates with frames, units, tables and a bounding box."""
    detector = frames.Frame2D(name="detector", axes_order=(0, 1), unit=(units.pix, units.pix))
    world = frames.CelestialFrame(name="world", reference_frame=coordinates.ICRS(), unit=(units.deg, units.deg))
    pixels = np.arange(50.0)
    table = Tabular1D(points=pixels, lookup_table=pixels**1.01, bounds_error=False, fill_value=None)
    scale = AffineTransformation2D(matrix=[[1e-5, 0], [1e-7, 2e-5]], translation=[0, 0])
    wcs = WCS([(detector, (table & Shift(-2)) | scale | Pix2Sky_TAN() | Identity(2)), (world, None)])
    wcs.bounding_box = ((0, 3), (0, 2))
    return wcs


def test_plain_metadata_load_no_other_extension(tmp_path):
    given = image(tmp_path / "image.fits", note="an exclamation! core")
    assert loaded(given, tmp_path / "again.fits") == [False, False]
    with datamodels.open(tmp_path / "again.fits") as again:
        assert again.meta.instance["note"] == "an exclamation! core"


@pytest.mark.parametrize("plain", [False, True])
def test_world_coordinates_are_read_and_written(plain, sky, tmp_path):
    given = image(tmp_path / "image.fits", wcs=sky)
    assert loaded(given, tmp_path / "again.fits", plain=plain) == [plain, plain]
    with datamodels.open(tmp_path / "again.fits") as again:
        assert again.meta.wcs(1.5, 1.5) == sky(1.5, 1.5)
        assert again.meta.wcs.bounding_box == sky.bounding_box
        assert again.meta.wcs.output_frame.unit == sky.output_frame.unit
    (_, before), (how_written, after) = _parts(given), _parts(tmp_path / "again.fits")
    assert how_written.count("gwcs/extensions/gwcs-1.4.0") == 1
    assert before.count("!transform/") > 5 and before == after


def _parts(path):
    """The tree of a file, up to its world coordinates, and these."""
    with fits.open(path) as hdus:
        tree = hdus["ASDF"].data.tobytes().partition(b"\n...")[0].decode()
    return tree.split("\n  wcs: ")


def test_a_copy_has_the_tags_of_its_tree(sky, tmp_path):
    given = image(tmp_path / "image.fits", wcs=sky)
    assert loaded(given, tmp_path / "again.fits", "copy") == [False, False]
    with datamodels.open(tmp_path / "again.fits") as again:
        assert again.meta.wcs(1.5, 1.5) == sky(1.5, 1.5)


@pytest.mark.parametrize("plain", [False, True])
def test_a_hook_is_given_world_coordinates_as_an_object(plain, sky, tmp_path):
    given = image(tmp_path / "image.fits", wcs=sky)
    assert loaded(given, tmp_path / "again.fits", "shift_sky", plain) == [plain, True]
    right, up = sky(1.5, 1.5)
    with datamodels.open(tmp_path / "again.fits") as again:
        assert again.meta.wcs(1.5, 1.5) == pytest.approx((right + 1, up))


def test_a_transform_elsewhere_is_read_and_written(tmp_path):
    given = image(tmp_path / "image.fits", offset=Shift(3.0))
    assert loaded(given, tmp_path / "again.fits") == [True, True]
    assert offset_in(tmp_path / "again.fits") == 3.0


def test_a_transform_that_a_hook_adds_is_written(tmp_path):
    given = image(tmp_path / "image.fits")
    assert loaded(given, tmp_path / "again.fits", "add_transform") == [False, True]
    assert offset_in(tmp_path / "again.fits") == 2.0


def _said_by(extension):
    """All that an extension says: its manifest, and which classes do what it says."""
    return vars(extension) | {
        name: [type(one) for one in getattr(extension, name)] for name in ("_converters", "_validators")
    }


def test_the_extensions_of_asdf_are_as_it_makes_them():
    from asdf._core._extensions import EXTENSIONS

    ours = core_extensions()
    assert len(ours) > 5
    assert [*map(type, ours)] == [*map(type, EXTENSIONS)]
    assert [*map(_said_by, ours)] == [*map(_said_by, EXTENSIONS)]


def test_extensions_that_were_loaded_before_stay():
    before = asdf.get_config().extensions
    with few_extensions():
        assert asdf.get_config().extensions is before


def test_another_version_of_asdf_is_left_alone(monkeypatch):
    monkeypatch.setattr("gpucal.startup.switch._installed", lambda package: "6.0.0")
    asdf.get_config().reset_extensions()
    with few_extensions():
        assert len(asdf.get_config().extensions) > 10
