"""The transients that a reset of the mid-infrared detectors leaves in the groups that follow it.

Descriptions: the ``reset``, ``rscd``, ``firstframe``, ``lastframe`` and ``dark_current`` steps of the JWST
pipeline documentation. The strengths and times here are of their order, no more.
"""

import numpy as np

from gpucal.simulate.fields import DetectorFields

RESETS = 2
"""Resets whose transients differ: the first of an exposure, and all others."""

ANOMALY_GROUPS = 15
"""Groups that the reset anomaly lasts; in the last of them it is zero."""

ANOMALY_TIME = 3.0
ANOMALY_AFTER_FIRST_RESET = 0.5
SWITCH_DECAY_TIME = 0.6
SWITCH_DECAY_AFTER_FIRST_RESET = 0.3
DARK_SETTLING_TIME = 20.0
SPREAD = 0.2


class Settling:
    """The transients of one exposure; none on detectors that do not settle.

    Times are counted in groups, that of the dark in frames.

    Parameters
    ----------
    readout : Readout
    effects : Effects
    """

    def __init__(self, readout, effects):
        self._effects = effects
        self._ngroups = readout.ngroups
        self._settles = readout.detector.settles
        if self._settles:
            fields = DetectorFields(readout.detector, readout.subarray.window, effects.detector_seed)
            self._strength = (1 + SPREAD * fields.normal("settling")).astype(np.float32)

    def offset(self, integration, group):
        """What is added to the counts of a group, DN: ndarray (ny, nx), or 0."""
        if not self._settles:
            return 0.0
        offset = self.anomaly(integration, group) + self._switch_decay(integration, group)
        if group == 0 and self._effects.first_frame:
            offset += self._effects.first_frame_offset
        if group == self._ngroups - 1 and self._effects.last_frame:
            offset += self._effects.last_frame_offset
        return offset

    def anomaly(self, integration, group):
        """The reset anomaly of a group, DN, float32 (ny, nx)."""
        level = self._effects.reset_anomaly_level * self._effects.reset_anomaly
        if integration == 0:
            level *= ANOMALY_AFTER_FIRST_RESET
        decays = np.exp(-np.array([min(group, ANOMALY_GROUPS - 1), ANOMALY_GROUPS - 1]) / ANOMALY_TIME)
        return self._strength * np.float32(level * (decays[0] - decays[1]))

    def _switch_decay(self, integration, group):
        level = self._effects.switch_decay_level * self._effects.switch_decay
        if integration == 0:
            level *= SWITCH_DECAY_AFTER_FIRST_RESET
        return self._strength * np.float32(level * np.exp(-group / SWITCH_DECAY_TIME))

    def dark(self, integration, frame):
        """Dark signal of a frame, beside that of the dark current, DN: ndarray (ny, nx), or 0."""
        if integration > 0 or not self._settles or not self._effects.dark_settling:
            return 0.0
        growth = 1 - np.exp(-(frame + 1) / DARK_SETTLING_TIME)
        return self._strength * np.float32(self._effects.dark_settling_level * growth)
