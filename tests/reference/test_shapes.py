"""A reference whose arrays do not have the shape that its type asks for is refused by name."""

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.reference import Reference, ReferenceFileError, files

NY, NX = 6, 8
SUBARRAY = {"SUBSTRT1": 1, "SUBSTRT2": 1, "SUBSIZE1": NX, "SUBSIZE2": NY}


def reference(tmp_path, kind, **shapes):
    """A file, written as other programs may."""
    extensions = {"data": "SCI", "dq": "DQ", "coeffs": "COEFFS"}
    header = fits.Header({"TELESCOP": "JWST", "INSTRUME": "NIRCAM", **SUBARRAY})
    images = [fits.ImageHDU(np.ones(shape, np.float32), name=extensions[name]) for name, shape in shapes.items()]
    path = tmp_path / f"{kind}.fits"
    fits.HDUList([fits.PrimaryHDU(header=header), *images]).writeto(path)
    return Reference(kind, path)


def exposure():
    model = datamodels.RampModel((1, 2, NY, NX))
    model.meta.instrument.name = "NIRCAM"
    model.meta.subarray.instance.update(xstart=1, ystart=1, xsize=NX, ysize=NY)
    return Exposure(model, "made_uncal.fits")


@pytest.mark.parametrize(
    ("kind", "name", "shapes"),
    [
        ("gain", "data", {"data": (1, NY, NX)}),
        ("saturation", "dq", {"data": (NY, NX), "dq": (NY - 1, NX)}),
        ("saturation", "dq", {"data": (NY, NX), "dq": (NY, NX - 1)}),
        ("saturation", "dq", {"data": (NY, NX), "dq": (1, NY, NX)}),
        ("linearity", "coeffs", {"coeffs": (NY, NX)}),
        ("linearity", "dq", {"coeffs": (3, NY, NX), "dq": (NY - 1, NX)}),
        ("dark", "data", {"data": (NY, NX)}),
    ],
)
def test_an_array_of_another_shape_is_refused(tmp_path, kind, name, shapes):
    with pytest.raises(ReferenceFileError, match=rf"{kind} reference .*{kind}\.fits: its {name} array has shape"):
        reference(tmp_path, kind, **shapes).array(name, exposure())


def test_also_where_it_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 0)
    with pytest.raises(ReferenceFileError, match=r"dark\.fits: its data array has shape"):
        next(reference(tmp_path, "dark", data=(1, 3, NY, NX)).parts("data", exposure()))


def test_arrays_that_fit_are_taken(tmp_path):
    linearity = reference(tmp_path, "linearity", coeffs=(3, NY, NX), dq=(NY, NX))
    assert [linearity.array(name, exposure()).shape for name in ("coeffs", "dq")] == [(3, NY, NX), (NY, NX)]


def test_an_empty_array_and_another_type_of_reference_are_refused():
    empty = datamodels.LinearityModel(coeffs=np.zeros((0, 4, 6), np.float32))
    with pytest.raises(ReferenceFileError, match=r"its coeffs array \(0, 4, 6\) is empty"):
        Reference("linearity", empty).array("coeffs")
    with pytest.raises(ReferenceFileError, match="holds no data array; it is no gain reference"):
        _ = Reference("gain", datamodels.MaskModel((4, 6))).shape
