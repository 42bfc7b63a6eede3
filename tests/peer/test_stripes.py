"""Multistripe readouts agree with the peer's, step by step and through the whole of stage 1."""

import pytest
from jwst.pipeline import Detector1Pipeline as PeerDetector1

from bench.agreement import compare, compare_folders
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.steps.ramps.dq_init import DQInitStep
from gpucal.steps.ramps.linearity import LinearityStep
from gpucal.steps.ramps.refpix import RefPixStep
from gpucal.steps.ramps.saturation import SaturationStep
from gpucal.steps.ramps.superbias import SuperBiasStep
from tests.stripe_exposures import (
    SUBSTRIPES,
    SUPERSTRIPES,
    raw_exposure,
    stripe_ramp,
    write_dark,
    write_references,
)

pytestmark = pytest.mark.usefixtures("offline")

ALL = {f"substripes-{name}": stripes for name, stripes in SUBSTRIPES.items()}
ALL |= {f"superstripes-{name}": stripes for name, stripes in SUPERSTRIPES.items()}
STEPS = {
    "dq_init": (DQInitStep, ("mask",), ()),
    "saturation": (SaturationStep, ("saturation", "superbias"), ()),
    "superbias": (SuperBiasStep, ("superbias",), ()),
    "refpix": (RefPixStep, (), ("refpix", "sirskernel")),
    "linearity": (LinearityStep, ("linearity",), ()),
}


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """The paths of references, of either instrument."""
    made = {}

    def paths(stripes):
        if stripes.instrument not in made:
            made[stripes.instrument] = write_references(tmp_path_factory.mktemp(stripes.instrument), stripes)
        return made[stripes.instrument]

    return paths


def overrides(alias, paths):
    _step, kinds, absent = STEPS[alias]
    return {f"override_{kind}": paths[kind] for kind in kinds} | {
        f"override_{kind}": "N/A" for kind in absent
    }


@pytest.mark.parametrize("layout", ALL)
def test_step_by_step(peer_step, references, layout):
    """Each step on the product of the peer's step before it, each layout with noise of its own."""
    stripes, seed = ALL[layout], 1 + list(ALL).index(layout)
    paths = references(stripes)
    theirs = stripe_ramp(stripes, seed, nframes=1 + seed % 2)
    for alias, (step, _kinds, _absent) in STEPS.items():
        given = overrides(alias, paths)
        ours = step.call(theirs, **given)
        theirs = peer_step(alias, theirs, **given)
        agreement = compare(ours, theirs)
        assert agreement.agrees, f"{alias}\n{agreement}"


NOT_RUN = ("ipc", "persistence")


def settings(paths):
    """Parameters of all steps of stage 1, with an override for each reference type."""
    return {
        name: {f"override_{kind}": paths.get(kind, "N/A") for kind in step.reference_file_types}
        | ({"skip": True} if name in NOT_RUN else {})
        for name, step in Detector1Pipeline.step_defs.items()
    }


@pytest.mark.parametrize("layout", ["substripes-dhs", "superstripes-soss", "superstripes-repeated"])
def test_stage_1(references, tmp_path, layout):
    """All products: substripes with a dark of their own layout, repeated stripes with uneven times of groups."""
    stripes = ALL[layout]
    dark = {} if stripes.superstripes else {"dark": write_dark(tmp_path / "dark.fits", stripes, 5)}
    steps = settings(references(stripes) | dark)
    raw = raw_exposure(stripe_ramp(stripes, 12, ngroups=5), tmp_path / "jw1_uncal.fits")
    for folder, pipeline in {"ours": Detector1Pipeline, "theirs": PeerDetector1}.items():
        (tmp_path / folder).mkdir()
        pipeline.call(
            raw, output_dir=str(tmp_path / folder), save_results=True, save_calibrated_ramp=True, steps=steps
        )
    agreements = compare_folders(tmp_path / "ours", tmp_path / "theirs")
    assert {name.rpartition("_")[2] for name in agreements} == {"rate.fits", "rateints.fits", "ramp.fits"}
    disagreeing = [f"{name}:\n{agreement}" for name, agreement in agreements.items() if not agreement.agrees]
    assert not disagreeing, "\n\n".join(disagreeing)
