"""The detectors that can be simulated, one row each.

Signs of the fast and slow readout axes are the FASTAXIS and SLOWAXIS keywords of flight headers.
Gains, noises and wells are typical values of the JWST user documentation (detector performance
pages); they need not be those of the flight references, since the references are simulated too.
"""

from dataclasses import dataclass

import numpy as np

from gpucal.simulate.errors import SimulationError

NEAR_INFRARED_SIZE = 2048
REFERENCE_PIXEL_BORDER = (4, 4)
MID_INFRARED_SIZE = (1024, 1032)


@dataclass(frozen=True)
class Detector:
    """One detector (sensor chip assembly) as the simulator knows it.

    Attributes
    ----------
    name, instrument : str
        Values of the DETECTOR and INSTRUME keywords.
    fast_axis, slow_axis : int
        FASTAXIS and SLOWAXIS: the array axis (1 is x, 2 is y) along which pixels, then rows, are
        read, negative where the read runs towards smaller indices.
    gain : float
        Mean gain, electrons per DN.
    read_noise : float
        Noise of a single read, electrons.
    full_well : float
        Charge at which a pixel saturates, electrons.
    dark_rate : float
        Median dark current, electrons per second.
    bias : float
        Mean bias level, DN.
    sensor : int
        Number of the sensor chip assembly (SCA_NUM).
    window_overhead_rows : int
        Row times added to a frame read through one output.
    size : tuple of int
        Rows and columns of the full frame.
    reference_border : tuple of int
        Rows at the bottom and at the top, and columns at the left and at the right, that are reference pixels.
    interleaved_outputs : bool
        Whether the outputs take turns along a row, rather than read a strip of columns each.
    linearity_with_bias : bool
        Whether the non-linear response is to signal and bias together, as for detectors without a superbias step.
    reference_output : bool
        Whether a fifth output, which reads no pixels, is kept beside the four.
    settles : bool
        Whether each reset leaves transients in the groups that follow it: see `gpucal.simulate.settling`.
    """

    name: str
    instrument: str
    fast_axis: int
    slow_axis: int
    gain: float
    read_noise: float
    full_well: float
    dark_rate: float
    bias: float
    sensor: int
    window_overhead_rows: int = 2
    size: tuple[int, int] = (NEAR_INFRARED_SIZE, NEAR_INFRARED_SIZE)
    reference_border: tuple[int, int] = REFERENCE_PIXEL_BORDER
    interleaved_outputs: bool = False
    linearity_with_bias: bool = False
    reference_output: bool = False
    settles: bool = False

    def reference_pixels(self):
        """Mask of the reference pixels, bool array of shape `size`."""
        mask = np.ones(self.size, bool)
        rows, columns = (slice(b, n - b) for b, n in zip(self.reference_border, self.size, strict=True))
        mask[rows, columns] = False
        return mask


# name, instrument, fast, slow, gain, read noise, full well, dark, bias, sensor
_ROWS = (
    ("NRCA1", "NIRCAM", -1, 2, 2.08, 11.3, 105e3, 0.0020, 11000, 481),
    ("NRCA2", "NIRCAM", 1, -2, 2.02, 10.5, 105e3, 0.0019, 10500, 482),
    ("NRCA3", "NIRCAM", -1, 2, 2.17, 10.3, 105e3, 0.0021, 11500, 483),
    ("NRCA4", "NIRCAM", 1, -2, 2.02, 10.3, 105e3, 0.0018, 10800, 484),
    ("NRCALONG", "NIRCAM", -1, 2, 1.84, 8.9, 83e3, 0.0270, 9000, 485),
    ("NRCB1", "NIRCAM", 1, -2, 2.00, 10.4, 105e3, 0.0019, 11200, 486),
    ("NRCB2", "NIRCAM", -1, 2, 2.14, 10.9, 105e3, 0.0020, 10900, 487),
    ("NRCB3", "NIRCAM", 1, -2, 1.94, 10.9, 105e3, 0.0020, 11100, 488),
    ("NRCB4", "NIRCAM", -1, 2, 2.03, 11.2, 105e3, 0.0018, 11300, 489),
    ("NRCBLONG", "NIRCAM", 1, -2, 1.85, 9.1, 83e3, 0.0340, 9400, 490),
    ("NIS", "NIRISS", -2, -1, 1.61, 11.5, 85e3, 0.0025, 12000, 496),
    ("NRS1", "NIRSPEC", 2, 1, 0.996, 10.5, 55e3, 0.0085, 9000, 491, 1),
    ("NRS2", "NIRSPEC", -2, -1, 1.137, 11.5, 60e3, 0.0050, 9500, 492, 1),
    ("GUIDER1", "FGS", -2, -1, 1.97, 15.0, 85e3, 0.0040, 12500, 497),
    ("GUIDER2", "FGS", 2, -1, 1.94, 15.0, 85e3, 0.0040, 12300, 498),
)

_MID_INFRARED_ROWS = (
    ("MIRIMAGE", "MIRI", 1, 2, 5.5, 32.0, 250e3, 0.15, 9000, 493),
    ("MIRIFULONG", "MIRI", 1, 2, 5.5, 32.0, 250e3, 0.18, 8800, 494),
    ("MIRIFUSHORT", "MIRI", 1, 2, 5.5, 32.0, 250e3, 0.13, 9200, 495),
)

_MID_INFRARED = {
    "size": MID_INFRARED_SIZE,
    "reference_border": (0, 4),
    "interleaved_outputs": True,
    "linearity_with_bias": True,
    "reference_output": True,
    "settles": True,
}

DETECTORS = {row[0]: Detector(*row) for row in _ROWS} | {
    row[0]: Detector(*row, **_MID_INFRARED) for row in _MID_INFRARED_ROWS
}


def detector_named(name):
    """The detector of that name.

    Parameters
    ----------
    name : str
        DETECTOR keyword; case does not matter.

    Returns
    -------
    Detector

    Raises
    ------
    SimulationError
        No such detector can be simulated.
    """
    try:
        return DETECTORS[name.upper()]
    except KeyError:
        raise SimulationError(f"no detector {name!r}; there are {', '.join(DETECTORS)}") from None
