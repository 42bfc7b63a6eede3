"""Why tests of the peer end otherwise with gpucal's classes: written by hand.

A reason belongs to tests, named without their parameters, or to what the error of a test says.
"""

TESTS = {
    "asks for the words of a line in the log, which gpucal words otherwise": (
        "emicorr/test_emicorr.py::test_emicorrstep_override_reffile",
        "emicorr/test_emicorr.py::test_emicorrstep_skip_instrument",
        "emicorr/test_emicorr.py::test_emicorrstep_skip_readpatt",
        "persistence/test_persistence_step.py::test_persistence_backwards_flagging_guard",
        "persistence/test_persistence_step.py::test_persistence_mismatch_persistence_time_guard",
        "refpix/test_refpix.py::test_missing_irs2_ref",
        "refpix/test_refpix.py::test_missing_sirs_ref",
        "refpix/test_refpix.py::test_skip_sirs_miri",
        "refpix/test_refpix.py::test_skip_sirs_subarray",
        "reset/test_reset_step.py::test_skip_missing_reffile",
        "reset/test_reset_step.py::test_skip_nonmiri",
        "rscd/test_rscd_step.py::test_skip_missing_reffile",
        "residual_fringe/test_configuration.py::test_rf_step_wrong_exptype",
        "rscd/test_rscd_step.py::test_skip_nonmiri",
        "pixel_replace/test_pixel_replace.py::test_n_replaced",
        "pixel_replace/test_pixel_replace.py::test_pixel_replace_atm_error",
        "pixel_replace/test_pixel_replace.py::test_pixel_replace_atm_previously_failed",
        "pixel_replace/test_pixel_replace.py::test_pixel_replace_no_valid_data",
        "tweakreg/test_tweakreg.py::test_ngroup_1",
    ),
    "replaces a function inside the peer and looks for what the step makes of it": (
        "refpix/test_refpix.py::test_refpix_bad_reference_pixels",
        "refpix/test_refpix.py::test_refpix_bad_subarray",
        "residual_fringe/test_configuration.py::test_ignore_regions",
    ),
    "asks for the peer's warning that a step or a parameter is to go": (
        "emicorr/test_emicorr.py::test_emicorrstep_user_reffile",
        "firstframe/test_firstframe.py::test_firstframe_raises_deprecation_warning",
    ),
    "asks that a raw exposure of integers be refused; gpucal takes it": (
        "dq_init/test_dq_init.py::test_open_bad_model",
        "emicorr/test_emicorr.py::test_level1b",
        "group_scale/test_group_scale.py::test_level1b",
    ),
    "asks that a step change its own parameter while it runs; a step of gpucal stays as it is": (
        "persistence/test_persistence_step.py::test_persistence_time_0_sec",
        "persistence/test_persistence_step.py::test_persistence_time_neg_sec",
    ),
    "gives a model of no particular type; gpucal takes the types that the step names": (
        "group_scale/test_group_scale.py::test_non_ramp_model",
    ),
    "gives spectra or slits without world coordinates, error or pixels, and gpucal names what is missing": (
        "extract_2d/test_nirspec.py::test_skip_missing_wcs",
        "flatfield/test_flatfield.py::test_nirspec_bots_flat",
        "flatfield/test_flatfield.py::test_nirspec_fs_flat",
        "flatfield/test_flatfield.py::test_nirspec_msa_flat",
        "flatfield/test_flatfield.py::test_nirspec_unsupported",
        "flatfield/test_flatfield.py::test_skip_extract2d",
        "flatfield/test_flatfield.py::test_skip_no_flat_multislit",
    ),
    "gives an image without errors, and gpucal names what is missing": (
        "flatfield/test_flatfield.py::test_flatfield_step_interface",
    ),
    "replaces a function inside the peer and waits for the error that it raises": (
        "tweakreg/test_tweakreg.py::test_custom_catalog",
    ),
    "calls what the peer's class does inside, which gpucal's does otherwise": (
        "extract_1d/test_expected_skips.py::test_expected_skip_unexpected_model",
    ),
    "waits for another class of error; gpucal's says which file and what to do": (
        "pipeline/test_calwebb_spec2.py::test_filenotfounderror_raised",
        "resample/test_interface.py::test_multi_integration_input",
        "residual_fringe/test_configuration.py::test_bad_ignore_regions",
    ),
    "gives integrations, which the peer's step leaves as they are; gpucal tells which types it takes": (
        "straylight/test_straylight_step.py::test_call_straylight_mrsshort_tso",
    ),
    "takes back a model, a container or a library where gpucal gives a list": (
        "assign_mtwcs/test_mtwcs.py::test_index_with_background",
        "assign_mtwcs/test_mtwcs.py::test_mt_multislit",
        "assign_mtwcs/test_mtwcs.py::test_output_is_not_input",
        "combine_1d/test_combine1d.py::test_allnan_skip",
        "combine_1d/test_combine1d.py::test_allnan_skip_non_wfss",
        "pixel_replace/test_pixel_replace.py::test_pixel_replace_container_names",
        "resample/test_resample_step.py::test_spec_skip_cube",
    ),
}

COMPLAINTS = {
    "does not support the context manager protocol": "takes back a library of models; gpucal gives a list",
    "not list": "hands over a second argument; gpucal takes the exposure alone, and parameters by name",
    "holds no pixels": "gives an exposure without pixels, which gpucal refuses",
    "MultiSlitModel": "gives spectra, which the step does not take yet",
    "SlitModel": "gives spectra, which the step does not take yet",
    "is not subtracted yet": "gives spectra, which the step does not take yet",
    "has no attribute '_": "looks into the peer's class",
    "has no parameter 'mode'": "looks into the peer's class",
    "has no attribute 'make_output_path'": "looks into the peer's class",
    "CRDS cannot tell the best references": "asks CRDS for a reference, and there is none without network",
}

UNEXPLAINED = "not explained"


def reason_of(function: str, complaint: str = "") -> str:
    """Why a test, named without its parameters, differs, from its name or from what its error says."""
    by_name = (reason for reason, tests in TESTS.items() if function in tests)
    by_complaint = (reason for words, reason in COMPLAINTS.items() if words in complaint)
    return next(by_name, None) or next(by_complaint, UNEXPLAINED)
