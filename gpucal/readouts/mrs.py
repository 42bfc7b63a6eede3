"""The two detectors of MIRI's medium resolution spectrometer: what falls on either half, and the gap between."""

from gpucal.errors import GpucalError

# Columns without light between the channels, by detector; rows at both ends are left out.
GAP_ROWS = slice(50, 974)
GAP_COLUMNS = {"MIRIFUSHORT": slice(503, 516), "MIRIFULONG": slice(474, 507)}

# The channels on the left and on the right half.
CHANNELS = {"MIRIFUSHORT": (1, 2), "MIRIFULONG": (4, 3)}

# The letter of a channel's part, by the keyword BAND; that of exposures whose channels are of two parts is another.
PARTS = {"SHORT": "A", "MEDIUM": "B", "LONG": "C"}

SHAPE = (1024, 1032)


def detector_of(exposure) -> str:
    """The detector of an exposure, MIRIFUSHORT or MIRIFULONG.

    Raises
    ------
    GpucalError
        If it is none of these, or the exposure is no full frame.
    """
    detector = str(exposure.meta.instrument.detector).upper()
    if detector not in CHANNELS:
        raise GpucalError(
            f"{exposure.source}: keyword DETECTOR is {detector}, and the detectors of the medium resolution "
            f"spectrometer are {' and '.join(CHANNELS)}"
        )
    shape = exposure.shape_of("data")
    if shape != SHAPE:
        raise GpucalError(f"{exposure.source}: has shape {shape}, and full frames of {detector} have {SHAPE}")
    return detector


def gap_of(detector: str, image):
    """The pixels of a full frame between its channels."""
    return image[GAP_ROWS, GAP_COLUMNS[detector]]
