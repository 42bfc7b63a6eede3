"""Spectra of cubes agree with those that jwst extracts: point and extended sources, with all parameters for them."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps import Extract1dStep
from tests.cube_cases import cube, references

# Digits of a place that come of sums.
ROUNDED = 1e-9


def differs(one):
    numbers = isinstance(one.ours, float) and isinstance(one.theirs, float)
    return not (numbers and abs(one.ours - one.theirs) <= ROUNDED * abs(one.theirs))


@pytest.fixture
def agreed(tmp_path, peer_step, offline, monkeypatch):
    """Extract a cube with both, with apertures where jwst has them; their agreement, and the table."""
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")

    def run(kind="MIR_MRS", source_type="POINT", is_linear=True, reference=None, meta=None, **parameters):
        path = tmp_path / "made_s3d.fits"
        cube(kind, source_type, is_linear=is_linear, **(meta or {})).snapshot().save(path)
        parameters |= references(tmp_path, kind, **(reference or {}))
        for name, extracted in (
            ("ours", Extract1dStep.call(path, **parameters)),
            ("theirs", peer_step("extract_1d", str(path), **parameters)),
        ):
            extracted.save(tmp_path / f"{name}.fits")
            (spectrum,) = extracted.spec
        agreement = compare(tmp_path / "ours.fits", tmp_path / "theirs.fits")
        assert agreement.structure == ()
        assert [str(one) for one in agreement.keywords if differs(one)] == []
        assert [str(one) for one in agreement.extensions if not one.agrees] == []
        return spectrum.spec_table

    return run


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("source_type", ["POINT", "EXTENDED"])
@pytest.mark.parametrize("kind", ["MIR_MRS", "NRS_IFU"])
def test_types_of_sources(agreed, kind, source_type):
    table = agreed(kind, source_type)
    assert (table["DQ"] != 0).tolist() == [plane == 7 for plane in range(40)]
    # The annulus begins in the wings of the source, which have an area for jwst, and no value.
    level = 7.2 if (kind, source_type) == ("NRS_IFU", "POINT") else 12
    assert np.nanmedian(table["BACKGROUND"]) == pytest.approx(level, abs=0.5)
    if kind == "MIR_MRS":
        assert np.isfinite(table["RF_FLUX"]).all()


CASES = {
    "table of wavelengths": {"is_linear": False, "ifu_rscale": 1.3},
    "centres": {"reference": {"method": "center"}, "ifu_covar_scale": 1.7},
    "subpixels": {"reference": {"method": "subpixel", "subpixels": 7}, "apply_apcorr": False},
    "no background in the reference": {"reference": {"subtracts": False}, "subtract_background": True},
    "no background": {"subtract_background": False},
    "given centre": {"center_xy": [9.7, 8.2], "bkg_sigma_clip": 1.5},
    "found centre": {"ifu_autocen": True, "ifu_rscale": 2.7},
    "set to extended": {"ifu_set_srctype": "EXTENDED", "meta": {"instrument.band": "MULTIPLE"}, "ifu_rfcorr": True},
    "target at the border": {"meta": {"target.ra": 85.2046}},
    "no target, and an unknown source": {"meta": {"target.ra": None, "target.source_type": "UNKNOWN"}},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_parameters_and_references(agreed, name):
    table = agreed(**({"ifu_rfcorr": False} | CASES[name]))
    assert np.isfinite(table["FLUX"]).all()
