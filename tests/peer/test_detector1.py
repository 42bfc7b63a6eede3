"""The whole of stage 1 agrees with the peer, in every extension and keyword of every product."""

import pytest
from jwst.pipeline import Detector1Pipeline as PeerDetector1

from bench.agreement import compare, compare_folders
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects

EXPOSURES = {
    "rapid": {"detector": "NRCA3", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 10, "nints": 2},
    "bright2": {"detector": "NRCB1", "subarray": "SUB160", "readpatt": "BRIGHT2", "ngroups": 6},
    "shallow4": {"detector": "NRCALONG", "subarray": "SUB64P", "readpatt": "SHALLOW4", "ngroups": 5, "nints": 3},
    "one_group": {"detector": "NRCB1", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 1, "nints": 2},
    "two_groups": {"detector": "NRCB1", "subarray": "SUB64P", "readpatt": "BRIGHT1", "ngroups": 2, "nints": 2},
    "niriss": {"detector": "NIS", "subarray": "SUB80", "readpatt": "NIS", "ngroups": 8, "nints": 2},
    "nirspec": {"detector": "NRS1", "subarray": "SUB32", "readpatt": "NRSRAPID", "ngroups": 12, "nints": 2},
    "fgs": {"detector": "GUIDER1", "subarray": "SUB128CNTR", "readpatt": "FGSRAPID", "ngroups": 4},
    "miri": {"detector": "MIRIMAGE", "subarray": "SUB64", "readpatt": "FASTR1", "ngroups": 12, "nints": 3},
    "miri_slitless": {
        "detector": "MIRIMAGE", "subarray": "SLITLESSPRISM", "readpatt": "FASTR1", "ngroups": 5, "nints": 2
    },
    "miri_averaged": {
        "detector": "MIRIMAGE", "subarray": "SUB64", "readpatt": "FASTGRPAVG", "ngroups": 6, "nints": 2
    },
    "substripes": {"detector": "NRCA1", "subarray": "SUB164STRIPE4_DHS", "readpatt": "BRIGHT2", "ngroups": 4},
    "substripes_read_downwards": {"detector": "NRCA2", "subarray": "SUB82STRIPE2_DHS", "ngroups": 4, "nints": 2},
    "superstripes": {"detector": "NIS", "subarray": "SUB204STRIPE_SOSS", "ngroups": 4, "nints": 2},
    "miri_full_frame": {"detector": "MIRIFUSHORT", "readpatt": "SLOWR1", "ngroups": 4},
}

PARAMETERS = {
    "snowballs": {"jump": {"expand_large_events": True, "min_jump_area": 3.0}},
    "optional_steps": {
        "charge_migration": {"skip": False, "signal_threshold": 20000.0},
        "persistence": {"skip": False, "persistence_time": 60, "dn_threshold": 30000.0},
    },
    "left_out": {"linearity": {"skip": True}, "refpix": {"skip": True}, "jump": {"skip": True}},
    "groups_chosen": {"ramp_fit": {"firstgroup": 1, "lastgroup": 4, "suppress_one_group": False}},
    "neighbours": {
        "saturation": {"n_pix_grow_sat": 2, "use_readpatt": False},
        "jump": {"flag_4_neighbors": False, "after_jump_flag_dn1": 20.0, "after_jump_flag_time1": 3.0},
    },
}


@pytest.fixture
def both(tmp_path):
    """Run both pipelines on an exposure and compare the folders of their products."""

    def run(simulation, **parameters):
        folders = {"ours": Detector1Pipeline, "theirs": PeerDetector1}
        for folder, pipeline in folders.items():
            (tmp_path / folder).mkdir()
            pipeline.call(
                str(simulation.exposure), output_dir=str(tmp_path / folder), save_results=True, **parameters
            )
        return compare_folders(*(tmp_path / folder for folder in folders))

    return run


def assert_all_agree(agreements, products):
    suffixes = {name.removesuffix(".fits").rpartition("_")[2] for name in agreements}
    assert suffixes == set(products)
    disagreeing = [f"{name}:\n{agreement}" for name, agreement in agreements.items() if not agreement.agrees]
    assert not disagreeing, "\n\n".join(disagreeing)


@pytest.mark.parametrize("settings", EXPOSURES.values(), ids=EXPOSURES)
def test_all_products(exposure_with_cache, both, settings):
    agreements = both(
        exposure_with_cache(**settings),
        save_calibrated_ramp=True,
        steps={"ramp_fit": {"save_opt": True}, "dark_current": {"dark_output": "used_dark.fits"}},
    )
    assert_all_agree(agreements, ("ramp", "rate", "rateints", "fitopt", "dark"))


@pytest.mark.parametrize("steps", PARAMETERS.values(), ids=PARAMETERS)
def test_parameters_of_steps(exposure_with_cache, both, steps):
    simulation = exposure_with_cache(
        **EXPOSURES["bright2"], effects=Effects(snowball_rate=1e-5, stars_per_pixel=2e-3), seed=2
    )
    assert_all_agree(both(simulation, save_calibrated_ramp=True, steps=steps), ("ramp", "rate", "rateints"))


def test_full_frame(exposure_with_cache, both):
    simulation = exposure_with_cache(detector="NRCA1", filter="F200W", readpatt="BRIGHT2", ngroups=4)
    assert_all_agree(both(simulation), ("rate", "rateints"))


def test_a_skipped_dark_differs_in_one_entry_of_the_tree_of_the_ramp(exposure_with_cache, both):
    agreements = both(
        exposure_with_cache(**EXPOSURES["rapid"]), save_calibrated_ramp=True, steps={"dark_current": {"skip": True}}
    )
    mismatches = [(m.extension, m.keyword) for agreement in agreements.values() for m in agreement.keywords]
    assert mismatches == [("ASDF", "meta.cal_step.dark_current")]
    assert all(extension.agrees for agreement in agreements.values() for extension in agreement.extensions)


def test_without_ramp_fit(exposure_with_cache, both):
    agreements = both(exposure_with_cache(**EXPOSURES["rapid"]), steps={"ramp_fit": {"skip": True}})
    assert_all_agree(agreements, ("ramp",))


def test_the_returned_rate_is_that_of_the_file(exposure_with_cache, tmp_path):
    exposure = exposure_with_cache(**EXPOSURES["rapid"]).exposure
    rate = Detector1Pipeline.call(exposure, save_results=True, output_dir=str(tmp_path))
    compare(rate, next(tmp_path.glob("*_rate.fits"))).assert_agrees()
