"""Why tests of the peer end otherwise with gpucal's classes: written by hand, beside the tests that it holds for."""

REASONS = {
    "asks for the words of a line in the log, which gpucal words otherwise": (
        "persistence/test_persistence_step.py::test_persistence_backwards_flagging_guard",
        "persistence/test_persistence_step.py::test_persistence_mismatch_persistence_time_guard",
        "reset/test_reset_step.py::test_skip_missing_reffile",
        "rscd/test_rscd_step.py::test_skip_missing_reffile",
    ),
    "replaces a function inside the peer and looks for what the step makes of it": (
        "dq_init/test_dq_init.py::test_open_bad_model",
        "refpix/test_refpix.py::test_refpix_bad_reference_pixels",
        "refpix/test_refpix.py::test_refpix_bad_subarray",
    ),
    "asks for the peer's warning that a step or a parameter is to go": (
        "emicorr/test_emicorr.py::test_emicorrstep_user_reffile",
        "firstframe/test_firstframe.py::test_firstframe_raises_deprecation_warning",
    ),
    "`flat_field` of gpucal takes only guide star data so far": (
        "flatfield/test_flatfield.py::test_flatfield_step_interface",
        "flatfield/test_flatfield.py::test_nirspec_bots_flat",
        "flatfield/test_flatfield.py::test_nirspec_fs_flat",
        "flatfield/test_flatfield.py::test_nirspec_msa_flat",
        "flatfield/test_flatfield.py::test_nirspec_unsupported",
        "flatfield/test_flatfield.py::test_skip_extract2d",
        "flatfield/test_flatfield.py::test_skip_no_flat_multislit",
    ),
}

UNEXPLAINED = "not explained"


def reason_of(function: str) -> str:
    """Why a test, named without its parameters, differs."""
    return next((reason for reason, tests in REASONS.items() if function in tests), UNEXPLAINED)
