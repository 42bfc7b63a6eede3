"""Products of spectra: what is written is what stdatamodels reads, and the other way."""

from io import BytesIO

import asdf
import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.data import open_exposure, write_model
from gpucal.data.files.embedded_tree import EmbeddedTree
from gpucal.data.flat_spectra import empty_table, fill, widened
from gpucal.data.spectra import Spectra
from gpucal.data.spectrum import Spectrum, layout_of

FALLING = slice(None, None, -1)


def table(dtype, seed, falling=False):
    rng = np.random.default_rng(seed)
    made = np.zeros(12 if dtype["WAVELENGTH"].shape == () else 3, dtype)
    for name in dtype.names:
        made[name] = rng.uniform(0.01, 7, made[name].shape)
    made["DQ"] = rng.integers(0, 2**32, made["DQ"].shape, dtype=np.uint32)
    wavelength = np.sort(made["WAVELENGTH"])
    made["WAVELENGTH"] = wavelength[..., FALLING] if falling else wavelength
    made["FLUX"].flat[3] = np.nan
    return made


def of_slits():
    layout = layout_of("MultiSpecModel")
    values = {"name": "S200A1", "source_id": 3, "source_ra": 1e-7, "wavelength_corrected": True, "spectral_order": -1}
    units = {"WAVELENGTH": "um", "FLUX": "Jy"}
    return [
        Spectrum({**values, "slit_ra": 10.5, "slit_dec": -3.25}, table(layout.dtype(), 1), units, (10.5, -3.25)),
        Spectrum({**values, "name": "a 'b' \\ c"}, table(layout.dtype(), 2, True), {}),
    ]


def of_integrations():
    layout = layout_of("TSOMultiSpecModel")
    scalars = [name for name, _ in layout.columns if "MJD" in name or "TDB" in name or name in TIMES]
    made = table(layout.dtype(9, scalars), 3)
    return [Spectrum({"name": "S1600A1", "slit_ra": 1.5, "slit_dec": 2.5}, made, {"MJD-BEG": "d"}, (1.5, 2.5))]


def combined():
    return [Spectrum({"spectral_order": 1}, table(layout_of("MultiCombinedSpecModel").dtype(), 4), {"ERROR": "Jy"})]


TIMES = ("INT_NUM", "N_ALONGDISP", "SEGMENT")
def of_sources(model_type="WFSSMultiSpecModel"):
    made = empty_table(model_type, np.array([3, 5, 12]), 6)
    made["SOURCE_TYPE"][:2] = ["POINT", "EXTENDED"]
    fill(made, np.array([2, 0]), np.array([6, 2]), {"WAVELENGTH": np.linspace(1, 2, 8), "DQ": np.arange(8)})
    values = {"filename": "a_cal.fits", "group_id": "jw1_1", "exposure_time": 3.5, "s_region": "POLYGON ICRS 1 2"}
    values = values if model_type == "WFSSMultiSpecModel" else {}
    return [Spectrum({"spectral_order": -1, **values}, made, {"WAVELENGTH": "um", "SOURCE_RA": "deg"})]


def combined_sources():
    return of_sources("WFSSMultiCombinedSpecModel")


KINDS = {
    "MultiSpecModel": of_slits,
    "TSOMultiSpecModel": of_integrations,
    "MultiCombinedSpecModel": combined,
    "WFSSMultiSpecModel": of_sources,
    "WFSSMultiCombinedSpecModel": combined_sources,
}


def product(kind):
    model = getattr(datamodels, kind)()
    model.meta.exposure.type = "NRS_FIXEDSLIT"
    return Spectra(model, KINDS[kind](), "exposure_x1d.fits")


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_files_are_those_of_stdatamodels(kind, tmp_path):
    product(kind).to_model().save(tmp_path / "theirs.fits")
    write_model(product(kind).snapshot(), tmp_path / "ours.fits")
    agreement = compare(tmp_path / "ours.fits", tmp_path / "theirs.fits")
    assert agreement.structure == ()
    assert [one for one in agreement.keywords if one.keyword != "FILENAME" and "filename" not in one.keyword] == []
    assert all(one.beyond == one.differing == one.misplaced_nan == 0 for one in agreement.extensions)
    with fits.open(tmp_path / "ours.fits") as ours, fits.open(tmp_path / "theirs.fits") as theirs:
        for our, their in zip(ours[1:-1], theirs[1:-1], strict=True):
            assert our.header.tostring() == their.header.tostring()
            assert our.data.tobytes() == their.data.tobytes()


@pytest.mark.parametrize("writer", ["ours", "theirs"])
@pytest.mark.parametrize("kind", KINDS)
def test_spectra_come_back(kind, writer, tmp_path):
    path = tmp_path / "product_x1d.fits"
    if writer == "ours":
        write_model(product(kind).snapshot(), path)
    else:
        product(kind).to_model().save(path)
    read = open_exposure(path)
    assert isinstance(read, Spectra) and read.meta.exposure.type == "NRS_FIXEDSLIT"
    for ours, given in zip(read.spectra, KINDS[kind](), strict=True):
        assert ours.values == given.values and ours.units == given.units
        assert ours.sky == given.sky
        assert ours.table.dtype == given.table.dtype
        assert ours.table.tobytes() == given.table.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_models_are_spectra(kind):
    model = product(kind).to_model()
    read = open_exposure(model)
    assert [one.values for one in read.spectra] == [one.values for one in KINDS[kind]()]
    assert read.spectra[0].table.tobytes() == KINDS[kind]()[0].table.tobytes()
    assert read.spectra[0].units == KINDS[kind]()[0].units
    assert len(model.spec) == len(KINDS[kind]())


def test_rows_of_sources():
    (spectrum,) = of_sources()
    table = spectrum.table
    np.testing.assert_array_equal(table["SOURCE_ID"], [3, 5, 12])
    np.testing.assert_array_equal(table["N_ALONGDISP"], [2, 0, 6])
    np.testing.assert_array_equal(table["DQ"], [[6, 7, 1, 1, 1, 1], [1] * 6, [0, 1, 2, 3, 4, 5]])
    assert np.isnan(table["WAVELENGTH"][0, 2:]).all() and np.isnan(table["FLUX"]).all()
    wider = widened(table, "WFSSMultiSpecModel", np.array([3, 4, 5, 12]), 7)
    np.testing.assert_array_equal(wider["N_ALONGDISP"], [2, 0, 0, 6])
    np.testing.assert_array_equal(wider["SOURCE_TYPE"], [b"POINT", b"", b"EXTENDED", b""])
    np.testing.assert_array_equal(wider["WAVELENGTH"][3], [*np.linspace(1, 2, 8)[:6], np.nan])


def test_coordinates_of_a_file(tmp_path):
    spectra = product("MultiSpecModel")
    spectra.spectra.append(spectra.spectra[0])
    spectra.spectra[1].sky = 3.5, 4.5
    spectra.spectra[1].table["WAVELENGTH"] += 1
    write_model(spectra.snapshot(), tmp_path / "x1d.fits")
    with datamodels.open(tmp_path / "x1d.fits") as model:
        for spectrum, sky in zip(model.spec, ((10.5, -3.25), (3.5, 4.5), (10.5, -3.25)), strict=True):
            wavelength = spectrum.spec_table["WAVELENGTH"]
            assert spectrum.meta.wcs(0.0) == (*sky, wavelength[0])
            between = (wavelength[4] + wavelength[5]) / 2
            np.testing.assert_allclose(spectrum.meta.wcs(4.5), (*sky, between))
            np.testing.assert_allclose(spectrum.meta.wcs.invert(*sky, between), 4.5)


def test_a_tree_with_arrays_of_its_own_keeps_them():
    content = BytesIO()
    asdf.AsdfFile({"own": np.arange(4.0), "spec": [1], "z": 2}).write_to(content)
    tree = EmbeddedTree(content.getvalue()).without("spec")
    added = np.linspace(0, 1, 5)
    tree.add("more", [{"a b": added, "n": 1e-7}, {"same": added, "bad": float("nan"), "none": None, "yes": True}])
    with asdf.open(BytesIO(tree.content)) as read:
        assert "spec" not in read.tree and read["z"] == 2
        np.testing.assert_array_equal(read["own"], np.arange(4.0))
        np.testing.assert_array_equal(read["more"][0]["a b"], added)
        np.testing.assert_array_equal(read["more"][1]["same"], added)
        assert read["more"][0]["n"] == 1e-7 and np.isnan(read["more"][1]["bad"])
        assert read["more"][1]["none"] is None and read["more"][1]["yes"] is True


def test_a_truncated_file_is_told(tmp_path):
    write_model(product("MultiSpecModel").snapshot(), tmp_path / "x1d.fits")
    content = (tmp_path / "x1d.fits").read_bytes()
    (tmp_path / "x1d.fits").write_bytes(content[: len(content) - 4000])
    with pytest.raises(Exception, match="truncated"):
        open_exposure(tmp_path / "x1d.fits")
