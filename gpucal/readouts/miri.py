"""What the steps have in common that apply to MIRI alone."""

from gpucal.core import SkipStep


def check_detector(exposure):
    """Raise `SkipStep` unless the exposure was taken with a detector of MIRI."""
    detector = exposure.meta.instrument.detector or "unknown"
    if not detector.upper().startswith("MIR"):
        raise SkipStep(f"detector {detector} is not of MIRI")


def first_integration(exposure):
    """Which integration the data start with, from zero: a segment of an exposure has INTSTART."""
    return (exposure.meta.exposure.integration_start or 1) - 1
