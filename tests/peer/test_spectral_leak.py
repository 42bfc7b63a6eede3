"""Spectra without their leak agree with those of jwst."""

import pytest

from bench.agreement import compare
from gpucal.steps import SpectralLeakStep
from tests.cube_cases import leaks, spectrum_of_band

BANDS = {
    "1B": ("1", "MEDIUM", 5.6, 6.6),
    "3A": ("3", "SHORT", 11.5, 13.5),
    "2A": ("2", "SHORT", 7.5, 8.8),
    "channel 1": ("1", "MULTIPLE", 4.9, 7.7),
    "channel 3": ("3", "MULTIPLE", 11.5, 18.0),
}
CASES = {
    "bands": ("2A", "1B", "3A"), "channels": ("channel 3", "channel 1"), "none": ("2A", "3A"),
    "extended": ("1B", "3A", "2A"),
}  # fmt: skip


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("case", CASES)
def test_spectral_leak(case, tmp_path, peer_step):
    from jwst.datamodels import ModelContainer

    kinds = ["POINT"] * 2 + ["EXTENDED" if case == "extended" else "POINT"]
    given = [spectrum_of_band(*BANDS[name], source_type=kind) for name, kind in zip(CASES[case], kinds, strict=False)]
    override = {"override_mrsptcorr": leaks(tmp_path / "leaks.fits")}
    theirs = peer_step("spectral_leak", ModelContainer([model.copy() for model in given]), **override)
    ours = SpectralLeakStep(**override).run(given)
    for place, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        our.save(tmp_path / f"ours{place}.fits")
        their.save(tmp_path / f"theirs{place}.fits")
        agreement = compare(tmp_path / f"ours{place}.fits", tmp_path / f"theirs{place}.fits")
        assert agreement.structure == ()
        # The role is that of members of an association, which these are for gpucal.
        assert [str(one) for one in agreement.keywords if "exptype" not in one.keyword] == []
        assert [str(one) for one in agreement.extensions if not one.agrees] == []
