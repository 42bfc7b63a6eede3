"""Plain metadata need few extensions of asdf; whatever needs more gets all of them."""

import subprocess
import sys

import numpy as np
import pytest
from astropy.modeling.models import Shift
from stdatamodels.jwst import datamodels

SCRIPT = """
import sys
from gpucal.data import open_exposure, write_model
from gpucal.startup.asdf_start import plain_metadata

with plain_metadata():
    exposure = open_exposure(sys.argv[1])
    assert exposure.data.sum() == 12
    loaded_on_reading = "asdf_astropy.extensions" in sys.modules
    if sys.argv[2] == "hook":
        from astropy.modeling.models import Shift
        exposure.model.meta.instance["offset"] = Shift(2.0)
    write_model(exposure.snapshot(), sys.argv[3])
    loaded_on_writing = "asdf_astropy.extensions" in sys.modules
import asdf
assert len(asdf.get_config().extensions) > 10
print(loaded_on_reading, loaded_on_writing)
"""


def image(path, **metadata):
    model = datamodels.ImageModel(data=np.ones((3, 4), np.float32))
    for name, value in metadata.items():
        model.meta.instance[name] = value
    model.save(path)
    return path


def loaded(path, product, what="nothing"):
    """Whether the extensions for transforms were loaded to read a file, and to write it again."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path, what, product], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def offset_in(path):
    with datamodels.open(path) as model:
        return model.meta.instance["offset"].offset.value


def test_plain_metadata_load_no_other_extension(tmp_path):
    given = image(tmp_path / "image.fits", note="an exclamation! core")
    assert loaded(given, tmp_path / "again.fits") == ["False", "False"]
    with datamodels.open(tmp_path / "again.fits") as again:
        assert again.meta.instance["note"] == "an exclamation! core"


def test_a_transform_in_a_file_is_read_and_written(tmp_path):
    given = image(tmp_path / "image.fits", offset=Shift(3.0))
    assert loaded(given, tmp_path / "again.fits") == ["True", "True"]
    assert offset_in(tmp_path / "again.fits") == pytest.approx(3.0)


def test_a_transform_that_a_hook_adds_is_written(tmp_path):
    given = image(tmp_path / "image.fits")
    assert loaded(given, tmp_path / "again.fits", "hook") == ["False", "True"]
    assert offset_in(tmp_path / "again.fits") == pytest.approx(2.0)
