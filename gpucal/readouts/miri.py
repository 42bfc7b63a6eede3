"""Steps that are for MIRI alone: skip other exposures."""

from gpucal.errors import SkipStep


def check_detector(exposure):
    """Raise `SkipStep` unless the exposure was taken with a detector of MIRI."""
    detector = exposure.meta.instrument.detector or "unknown"
    if not detector.upper().startswith("MIR"):
        raise SkipStep(f"detector {detector} is not of MIRI")
