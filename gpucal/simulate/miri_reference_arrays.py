"""The references of the mid-infrared detectors that the others do not have, or have in another shape.

Formats: reference file pages of the JWST pipeline documentation, as in `gpucal.simulate.reference_arrays`.
"""

import numpy as np

from gpucal.simulate import reference_arrays
from gpucal.simulate.readout import patterns_of
from gpucal.simulate.reference_arrays import Contents
from gpucal.simulate.settling import ANOMALY_GROUPS, RESETS, Settling
from gpucal.simulate.subarrays import subarrays_of

# Groups that the decay of the reset switches spoils in the first integration and in later ones, by the number of
# samples of a pixel.
SPOILED_GROUPS = {1: (2, 4), 9: (1, 2)}

RSCD_TYPE = np.dtype([("subarray", "S17"), ("readpatt", "S12"), ("group_skip1", "i4"), ("group_skip", "i4")])


def dark(readout, pixels, effects, options):
    """Accumulated dark signal in the first integration and in later ones."""
    usual = reference_arrays.dark(readout, pixels, effects, options)
    nframes, step = usual.keywords["NFRAMES"], usual.keywords["NFRAMES"] + usual.keywords["GROUPGAP"]
    settling = Settling(readout, effects)
    signal = np.repeat(usual.arrays["SCI"][None], RESETS, axis=0)
    for integration, groups in enumerate(signal):
        for group, dark in enumerate(groups):
            frames = range(group * step, group * step + nframes)
            dark += sum(settling.dark(integration, frame) for frame in frames) / nframes
    signal[..., pixels.reference] = 0
    flags = {name: np.repeat(where[None, None], RESETS, axis=0) for name, where in usual.flags.items()}
    return Contents({"SCI": signal}, flags, usual.keywords, usual.unit)


def reset(readout, pixels, effects, options):
    """Reset anomaly after the first reset and after later ones."""
    settling = Settling(readout, effects)
    signal = np.array(
        [
            [settling.anomaly(integration, group) for group in range(ANOMALY_GROUPS)]
            for integration in range(RESETS)
        ]
    )
    keywords = {"READPATT": readout.pattern.name, "NINTS": RESETS, "NGROUPS": ANOMALY_GROUPS}
    flags = {"UNRELIABLE_BIAS": np.zeros(signal.shape[-2:], bool)}
    return Contents({"SCI": signal, "ERR": np.zeros_like(signal)}, flags, keywords, "DN")


def rscd(readout, pixels, effects, options):
    """Groups to skip, for all subarrays and read patterns of the detector."""
    rows = [
        (subarray, pattern.name, *SPOILED_GROUPS[pattern.nsamples])
        for subarray in subarrays_of(readout.detector)
        for pattern in patterns_of(readout.detector.instrument)
    ]
    return Contents({}, tables={"RSCD_GROUP_SKIP": np.array(rows, RSCD_TYPE)})
