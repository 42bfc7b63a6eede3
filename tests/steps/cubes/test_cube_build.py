"""The step cube_build: which cubes there are and how they are called, their headers, and what cannot be done."""

import logging

import asdf
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from gwcs import WCS as Gwcs  # noqa: N811
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.data import InputError, Members, open_exposure
from gpucal.reference import ReferenceFileError
from gpucal.steps import CubeBuildStep
from tests.cube_exposures import CENTER, cube_exposure, cubepar


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    folder = tmp_path_factory.mktemp("references")
    return {name: cubepar(name).save(folder / f"{name}.fits") for name in ("MIRI", "NIRSPEC")}


@pytest.fixture
def build(references, monkeypatch, tmp_path):
    """Make cubes of exposures: a list of models."""
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    monkeypatch.chdir(tmp_path)

    def made(*exposures, **parameters):
        given = list(exposures) if len(exposures) > 1 else exposures[0]
        reference = references[exposures[0].meta.instrument.name]
        cubes = CubeBuildStep.call(given, **({"override_cubepar": reference} | parameters))
        return cubes if isinstance(cubes, list) else [cubes]

    return made


def test_all_cubes_are_made_and_saved(build, tmp_path):
    cubes = build(cube_exposure(), save_results=True)
    base = "jw01000001001_02101_00001_mirifushort"
    names = [f"{base}_ch1-short_s3d.fits", f"{base}_ch2-short_s3d.fits"]
    assert [cube.meta.filename for cube in cubes] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [cube.meta.instrument.channel for cube in cubes] == ["1", "2"]
    with fits.open(names[0]) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "DQ", "WMAP", "WCS-TABLE", "ASDF"]
    assert [cube.meta.cal_step.cube_build for cube in cubes] == ["COMPLETE"] * 2


@pytest.mark.parametrize(
    ("instrument", "parameters", "name"),
    [
        ("MIRI", {"output_type": "multi"}, "given_ch1-2-short_s3d.fits"),
        ("MIRI", {"output_type": "channel", "channel": "2"}, "given_ch2-short_s3d.fits"),
        ("NIRSPEC", {"output_type": "grating"}, "given_g395m-f290lp_s3d.fits"),
        ("NIRSPEC", {"grating": "g395m", "filter": "f290lp", "suffix": "mine"}, "given_g395m-f290lp_mine.fits"),
    ],
)
def test_names(build, tmp_path, instrument, parameters, name):
    given = "given_g395m.fits" if instrument == "NIRSPEC" else "given"
    build(cube_exposure(instrument), output_file=given, **parameters)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_moved_source_is_where_the_header_says(build, tmp_path):
    """A line at one place of the sky and one wavelength is there by astropy's WCS alone, and by gwcs."""
    exposure = cube_exposure(turn=10.0)
    x, y = 10 * 3 + 4, 33
    ra, dec, wave = exposure.meta.wcs(x, y)
    exposure.data[:] = 0
    exposure.dq[:] = 0
    exposure.err[:] = 1
    exposure.data[y, x] = 1000
    for parameters in ({}, {"linear_wave": False}, {"coord_system": "ifualign"}):
        (cube,) = build(exposure, channel="1", save_results=True, **parameters)
        with fits.open(cube.meta.filename) as hdus:
            wcs = WCS(hdus["SCI"].header, hdus)
            brightest = np.unravel_index(np.nanargmax(hdus["SCI"].data), cube.shape)[::-1]
        found = wcs.wcs_pix2world([brightest], 0)[0]
        found[2] *= (1 * wcs.wcs.cunit[2]).to_value("um")
        assert abs(found[2] - wave) < 0.0011
        assert np.hypot((found[0] - ra) * np.cos(np.deg2rad(dec)), found[1] - dec) * 3600 < 0.13
        with datamodels.open(cube.meta.filename) as opened:
            assert isinstance(opened.meta.wcs, Gwcs)
            np.testing.assert_allclose(opened.meta.wcs(*brightest), found, rtol=1e-7)


def test_offsets_move_exposures(build, tmp_path):
    exposures = [cube_exposure(number=number) for number in (1, 2)]
    names = [exposure.meta.filename for exposure in exposures]
    content = {"filename": names, "raoffset": [0.0, 0.3], "decoffset": [0.0, -0.2], "units": "arcsec"}
    asdf.AsdfFile(content).write_to("offsets.asdf")
    moved = build(*exposures, channel="1", offset_file="offsets.asdf", ra_center=CENTER[0], dec_center=CENTER[1])[0]
    alone = build(*exposures, channel="1", ra_center=CENTER[0], dec_center=CENTER[1])[0]
    shift = np.array(moved.shape) - np.array(alone.shape)
    assert shift.tolist() != [0, 0, 0]
    for change, words in (
        ({"filename": [names[0], "other.fits"]}, f"no entry for {names[1]}"),
        ({"raoffset": [0.0]}, "have 2, 1 and 2 entries"),
        ({"units": "deg"}, "units is deg"),
        ({"decoffset": ["a", "b"]}, "no list of numbers"),
        ({"raoffset": [0.0, np.nan]}, "not finite"),
    ):
        asdf.AsdfFile(content | change).write_to("offsets.asdf")
        with pytest.raises(GpucalError, match=words):
            build(*exposures, offset_file="offsets.asdf")
    with pytest.raises(GpucalError, match=r"nowhere\.asdf: no such file"):
        build(*exposures, offset_file="nowhere.asdf")
    asdf.AsdfFile({"filename": names}).write_to("offsets.asdf")
    with pytest.raises(GpucalError, match="lacks raoffset, decoffset, units"):
        build(*exposures, offset_file="offsets.asdf")


def test_an_exposure_counts_once_in_the_header(build, monkeypatch):
    exposures = [cube_exposure(number=number) for number in (1, 2)]
    (cube,) = build(*exposures, output_type="multi")
    assert len(cube.hdrtab) == 2
    assert cube.meta.exposure.exposure_time == 200
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    (cube,) = build(*exposures, output_type="multi")
    assert cube.meta.exposure.exposure_time == 400


@pytest.mark.parametrize(
    ("exposure", "parameters", "words"),
    [
        ({}, {"channel": "3"}, "no exposure covers 3 and all, as was asked for; they cover: 1 short, 2 short"),
        ({}, {"output_type": "grating"}, "output_type grating is not for MIRI: ask for band, channel, multi"),
        ({"instrument": "NIRSPEC"}, {"output_type": "channel"}, "ask for band, grating, multi"),
        ({"instrument": "NIRSPEC"}, {"grating": "g395m"}, "grating and filter go together"),
        ({"instrument": "NIRSPEC", "filter": "F170LP"}, {}, "GRATING and FILTER tell of g395m f170lp"),
        ({"band": "LONG"}, {}, "ifucubepars_table has no row for 1 long"),
        ({}, {"wavemin": 6.0, "wavemax": 5.5}, "from 6 to 5.5 micrometres"),
        ({}, {"scalexy": 1e-7}, "spaxels and 75 planes, which need"),
        ({}, {"scalew": 1e-12}, "ask for larger scalexy or scalew"),
        ({}, {"scalexy": -1.0}, "scalexy is -1.0"),
        ({}, {"ra_center": 20.0}, "is far from all exposures"),
        ({}, {"debug_spaxel": "1 2"}, "debug_spaxel is '1 2'"),
        ({}, {"debug_spaxel": "1 2 700"}, "from 0 to below"),
        ({}, {"coord_system": "internal_cal"}, "internal_cal is of NIRSpec"),
        ({}, {"wavemin": np.inf}, "wavemin is inf"),
        ({}, {"weight_power": np.nan}, "weight_power is nan"),
        ({"channel": None}, {}, "the header lacks CHANNEL, which the band is known by"),
    ],
)
def test_what_cannot_be_done(build, exposure, parameters, words):
    with pytest.raises((GpucalError, InputError, ReferenceFileError), match=words):
        build(cube_exposure(**exposure), **parameters)


@pytest.mark.parametrize(
    ("table", "column", "value", "parameters", "words"),
    [
        ("ifucubepars_table", "spaxelsize", 0, {}, "spaxelsize of 1 short is 0"),
        ("ifucubepars_table", "spaxelsize", np.nan, {}, "spaxelsize of 1 short is nan"),
        ("ifucubepars_table", "spectralstep", -1, {}, "spectralstep of 1 short is -1"),
        ("ifucubepars_msm_table", "roispatial", 0, {"weighting": "msm"}, "has no rois above zero"),
        ("ifucubepars_emsm_table", "scalerad", -1, {"weighting": "emsm"}, "has no scalerad above zero"),
        ("ifucubepars_multichannel_driz_wavetable", "wavelength", 5, {"linear_wave": False}, "do not increase"),
    ],
)
def test_a_reference_that_makes_no_cube_is_told(build, tmp_path, table, column, value, parameters, words):
    reference = cubepar()
    getattr(reference, table)[column] = value
    path = reference.save(tmp_path / "wrong.fits")
    with pytest.raises(ReferenceFileError, match=words) as told:
        build(cube_exposure(), channel="1", override_cubepar=path, **parameters)
    assert "wrong.fits" in str(told.value)


def test_a_reference_of_the_other_instrument_is_told(build, references):
    with pytest.raises(ReferenceFileError, match="no column channel; is it of another instrument"):
        build(cube_exposure(), override_cubepar=references["NIRSPEC"])


def test_a_voxel_is_told_of(build, caplog):
    with caplog.at_level(logging.INFO, "gpucal"):
        cube = build(cube_exposure(), channel="1", debug_spaxel="7 6 30")[0]
    told = [line for line in caplog.messages if line.startswith("Voxel (7, 6, 30)")]
    assert len(told) == 1
    assert f"adds {int(cube.weightmap[30, 6, 7])} pixels" in told[0]
    assert f"mean is {cube.data[30, 6, 7]:.4g}" in told[0]


def test_an_exposure_without_good_pixels_is_told(build, caplog):
    exposures = [cube_exposure("NIRSPEC", number) for number in (1, 2)]
    exposures[1].dq[:] |= 1
    with caplog.at_level(logging.WARNING, "gpucal"):
        (cube,) = build(*exposures)
    assert f"{exposures[1].meta.filename}" in caplog.text
    assert "no pixel of g395m f290lp is good" in caplog.text
    assert np.isfinite(cube.data).any()


def test_results_do_not_depend_on_what_is_held(build, tmp_path):
    exposures = [cube_exposure(number=number) for number in (1, 2)]
    paths = [exposure.save(tmp_path / exposure.meta.filename) for exposure in exposures]
    members = Members([open_exposure(path) for path in paths], nbytes=0)
    reference = cubepar().save(tmp_path / "cubepar.fits")
    dropped = CubeBuildStep(channel="2", override_cubepar=reference).run(members)
    (held,) = build(*exposures, channel="2")
    np.testing.assert_array_equal(dropped.data, held.data)
    np.testing.assert_array_equal(dropped.dq, held.dq)
