"""Spectra without slits: which are cut out, where, and what is said where something is missing."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.cli.main import main
from gpucal.data import Exposure, InputError
from gpucal.errors import GpucalError, NoScienceData
from gpucal.reference import ReferenceFileError
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.steps.spectra.extract_2d import Extract2dStep
from gpucal.wcs.world import Wcs
from tests.grism_fields import RANGES, STARS, catalog, exposure, overrides, wavelengthrange


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """A field with coordinates, and its catalog beside it: the file, the catalog, the reference of wavelengths."""
    folder = tmp_path_factory.mktemp("field")
    model = AssignWcsStep.call(exposure("NIRISS", "GR150R"), **overrides(folder))
    program = Wcs.of_kept(model.meta.wcs).program("detector", "world").of_results(0, 1)

    def image(x, y):
        return program.at(x, y, np.ones_like(x), np.ones_like(x))

    path = catalog(folder / "field_cat.ecsv", image)
    model.meta.source_catalog = path.name
    model.save(folder / "field_rate.fits")
    return SimpleNamespace(
        rate=folder / "field_rate.fits", catalog=path, ranges=str(wavelengthrange(folder)), image=image, folder=folder
    )


def run(field, **parameters):
    return Extract2dStep.call(field.rate, override_wavelengthrange=field.ranges, **parameters)


def kept(result):
    return [(slit.source_id, slit.meta.wcsinfo.spectral_order) for slit in result.slits]


def test_every_source_and_order_on_the_detector_is_cut_out_the_brightest_first(field, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # the catalog is beside the exposure
    result = run(field)
    sources = [source for source, _ in kept(result)]
    assert list(dict.fromkeys(sources)) == [9, 5, 3, 8]
    with datamodels.open(field.rate) as whole:
        for slit in result.slits:
            rows, columns = (slice(start - 1, start - 1 + size) for start, size in
                             ((slit.ystart, slit.ysize), (slit.xstart, slit.xsize)))  # fmt: skip
            for name in ("data", "err", "dq", "var_poisson", "var_rnoise", "var_flat"):
                np.testing.assert_array_equal(getattr(slit, name), getattr(whole, name)[rows, columns])
            assert slit.xsize == 11 or slit.source_id == 5
            assert np.ptp(slit.wavelength, axis=1).max() == 0


def test_sources_are_chosen_by_number_place_and_brightness(field, caplog):
    ra, dec = field.image(np.float64([60.5]), np.float64([100.0]))
    near = {"source_ra": [str(ra[0])], "source_dec": [str(dec[0])], "extract_orders": [1]}
    assert kept(run(field, **near)) == [(3, 1)]
    assert kept(run(field, **near, source_ids=["8", "77"])) == [(3, 1), (8, 1)]
    assert "There is no source 77 in the catalog" in caplog.text
    assert kept(run(field, source_ids=["12", "8"], extract_orders=[1])) == [(8, 1)]
    assert "Order 1 of source 12 is not on the detector" in caplog.text
    assert {source for source, _ in kept(run(field, wfss_mmag_extract=20.5))} == {9, 5}
    assert {source for source, _ in kept(run(field, wfss_nbright=1))} == {9}
    with pytest.raises(GpucalError, match=r"no source of the catalog is within 0.001 arcsec of any of the places"):
        run(field, **near, source_max_sep=0.001)
    with pytest.raises(GpucalError, match="source_ra has 1 values and source_dec 0"):
        run(field, source_ra=["53.1"])
    with pytest.raises(GpucalError, match="source_ra: east are not all numbers"):
        run(field, source_ra=["east"], source_dec=["1"])


def test_points_have_as_many_rows_as_asked_for(field):
    asked = {"source_ids": ["3"], "extract_orders": [1]}
    assert [slit.xsize for slit in run(field, **asked, wfss_extract_half_height=2).slits] == [5]
    # The segment is 7 pixels wide; the trace moves by the terms of t, 2 pixels, and by the wheel.
    (free,) = run(field, **asked, wfss_extract_half_height=None).slits
    assert 8 <= free.xsize <= 11


def test_objects_that_are_given_are_cut_out_as_they_are(field):
    sky = SimpleNamespace(ra=SimpleNamespace(deg=53.1), dec=SimpleNamespace(deg=-27.8))
    one = SimpleNamespace(sid=4, xcentroid=50.0, ycentroid=60.0, sky_centroid=sky, is_extended=True,
                          order_bounding={1: ((20, 49), (30, 44)), 2: ((-50, 5), (-3, 4))})  # fmt: skip
    result = run(field, grism_objects=[one])
    assert kept(result) == [(4, 1), (4, 2)]
    places = [(slit.xstart, slit.xsize, slit.ystart, slit.ysize) for slit in result.slits]
    assert places == [(31, 15, 21, 30), (1, 5, 1, 6)]
    with pytest.raises(GpucalError, match="grism_objects: these are no objects of grisms"):
        run(field, grism_objects=["4"])


def test_a_source_without_magnitude_is_told_and_kept(field, tmp_path, caplog):
    stars = {**STARS, 8: STARS[8]._replace(magnitude=np.nan)}
    model = Exposure(datamodels.open(field.rate))
    model.meta.source_catalog = str(catalog(tmp_path / "nan_cat.ecsv", field.image, stars))
    result = Extract2dStep.call(model, override_wavelengthrange=field.ranges, wfss_mmag_extract=19.5)
    assert [source for source, _ in kept(result)][-1] == 8
    assert "The catalog has no magnitude of sources 8" in caplog.text


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text.replace("isophotal_abmag ", "mag "), "lacks the columns isophotal_abmag; make it with"),
        (lambda text: text.replace("sky_bbox_ul.ra", "corner.ra"), "lacks the columns sky_bbox_ul; make it with"),
        (lambda text: text + "12 34\n", "a line of the catalog has more or fewer values than there are columns"),
        (lambda text: text.replace("\n3 ", "\nthree "), "column label of the catalog holds what is no number"),
        (lambda text: text[5:], "is no catalog of sources: it does not begin with"),
    ],
)
def test_a_catalog_that_is_none_is_told_of(field, tmp_path, edit, said):
    path = tmp_path / "edited_cat.ecsv"
    path.write_text(edit(field.catalog.read_text()))
    model = Exposure(datamodels.open(field.rate))
    model.meta.source_catalog = str(path)
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}.*{said}"):
        Extract2dStep.call(model, override_wavelengthrange=field.ranges)


def test_no_source_on_the_detector_ends_the_run(field, tmp_path, capsys):
    with pytest.raises(NoScienceData, match="the spectra of no source that is asked for fall on the detector"):
        run(field, source_ids=["12"])
    command = ["strun", "extract_2d", str(field.rate), "--source_ids=12", f"--output_dir={tmp_path}",
               f"--override_wavelengthrange={field.ranges}", "--disable-crds-steppars"]  # fmt: skip
    assert main(command) == NoScienceData.exit_code
    assert "no source that is asked for" in capsys.readouterr().err


def test_the_reference_has_to_have_the_wavelengths(field, tmp_path):
    with pytest.raises(ReferenceFileError, match="has no wavelengths of order 3 of F200W"):
        run(field, extract_orders=[1, 3])
    of_series = wavelengthrange(tmp_path, kind="NRC_TSGRISM")
    with pytest.raises(ReferenceFileError, match="is for exposures of type NRC_TSGRISM, not of NIS_WFSS"):
        Extract2dStep.call(field.rate, override_wavelengthrange=str(of_series))


def series(folder, fields, **parameters):
    """A series of spectra, cut out."""
    flat = exposure("NIRCAM", "GRISMR")
    model = datamodels.CubeModel((2, 80, 200))
    model.update(flat)
    model.data, model.err = np.random.default_rng(3).normal(size=(2, 2, 80, 200)).astype(np.float32)
    meta = model.meta
    meta.exposure.type, meta.subarray.ysize = "NRC_TSGRISM", 80
    meta.wcsinfo.siaf_xref_sci, meta.wcsinfo.siaf_yref_sci = 91.0, 35.0
    meta.dither.x_offset = meta.dither.y_offset = 0.0
    meta.target.source_type = "POINT"
    rows = [[order, *between, "F356W", *RANGES[order]] for between in fields for order in (1, 2)]
    ranges = wavelengthrange(folder, "NIRCAM", "NRC_TSGRISM", rows=rows)
    located = AssignWcsStep.call(model, **overrides(folder, "NIRCAM", along_rows=True))
    return located, Extract2dStep.call(located, override_wavelengthrange=str(ranges), **parameters)


@pytest.mark.parametrize("fields", [[()], [("grism_f356w",)]])
def test_of_a_series_the_first_rows_are_cut_out(tmp_path, fields):
    located, result = series(tmp_path, fields, extract_orders=[1])
    np.testing.assert_array_equal(result.data, located.data[:, :64])
    # The reference point is the middle of the image; the way back in the distortion reference is that good.
    np.testing.assert_allclose(result.source_xpos, 100, atol=0.02)
    place = result.source_ypos, result.meta.wcsinfo.siaf_yref_sci, result.xstart, result.ystart, result.ysize
    assert place == (34, 34, 1, 1, 64)
    assert (result.source_type, result.name, result.meta.wcsinfo.spectral_order) == ("POINT", "1", 1)
    program = Wcs.of_kept(located.meta.wcs).program()
    y, x = np.mgrid[0:64, 0:200]
    np.testing.assert_array_equal(result.wavelength, program.at(x, y, np.ones(x.shape))[2].astype(np.float32))


def test_series_of_other_heights_and_orders(tmp_path):
    assert series(tmp_path, [()], extract_orders=[2], tsgrism_extract_height=100)[1].data.shape == (2, 80, 200)
    assert series(tmp_path, [()], extract_orders=[2], tsgrism_extract_height=7)[1].data.shape == (2, 7, 200)
    with pytest.raises(GpucalError, match="extract_orders: 1, 2 are asked for; of a series one order is"):
        series(tmp_path, [()])
    with pytest.raises(GpucalError, match="tsgrism_extract_height is 0; it has to be 1 or more"):
        series(tmp_path, [()], extract_orders=[1], tsgrism_extract_height=0)
