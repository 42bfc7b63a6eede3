"""Electromagnetic interference in the readout of MIRI, and the reference that knows its waves.

What a pixel shows of a wave depends on when it is read. Four outputs read four adjacent columns at a time; rows
outside of a subarray are clocked out fast; patterns that end in R1 reset the detector for one frame between
integrations. The waves start anywhere in their period, and run on through an exposure.

Source: the ``emicorr`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html. The strengths of the waves are of their
order, and their shapes are made up.
"""

import numpy as np

from gpucal.simulate.readout import MIRI_FRAME_TIMES, PIXEL_TIME
from gpucal.simulate.reference_arrays import Contents
from gpucal.simulate.subarrays import FULL, subarrays_of

FREQUENCIES = {"Hz390": 390.625, "Hz10": 10.039216}  # hertz
# Amplitudes, relative to the strongest, by readout.
STRENGTHS = {
    "subarray": {"Hz390": 1.0, "Hz10": 0.4},
    "FULL_FAST": {"Hz10": 0.4},
    "FULL_SLOW": {"Hz390": 0.3, "Hz10": 0.4},
}
# Amplitudes and shifts, in periods, of the harmonics of each wave.
HARMONICS = {"Hz390": ((1, 0.0), (0.35, 0.1), (0.15, 0.4)), "Hz10": ((1, 0.0), (0.2, 0.25))}

OUTPUTS = 4
SKIPPED_ROW_TICKS = 7
SAMPLES = 500


def wave(name, periods):
    """A wave of amplitude about one.

    Parameters
    ----------
    name : str
    periods : ndarray
        Time since its start, in periods.

    Returns
    -------
    ndarray, float64
    """
    return sum(
        strength * np.sin(2 * np.pi * (order * periods + shift))
        for order, (strength, shift) in enumerate(HARMONICS[name], start=1)
    )


def case_of(subarray, nsamples):
    """How references call a readout: by its subarray, full frames by their speed too."""
    if subarray.name != FULL:
        return subarray.name
    return "FULL_SLOW" if nsamples > 1 else "FULL_FAST"


def row_ticks(subarray, nsamples, rows):
    """Ticks from one row of a subarray to the next, of a detector with so many rows; rows outside of it are skipped."""
    frame = round(MIRI_FRAME_TIMES[subarray.name, nsamples] / PIXEL_TIME)
    return (frame - SKIPPED_ROW_TICKS * (rows - subarray.ysize)) // subarray.ysize


class Interference:
    """The waves in one exposure; none on detectors that have no such noise.

    Parameters
    ----------
    readout : Readout
    effects : Effects
    rng : numpy.random.Generator
        Draws where in its period each wave starts.
    """

    def __init__(self, readout, effects, rng):
        self._readout = readout
        self._level = effects.interference_level
        self._starts = {}
        if readout.detector.instrument == "MIRI" and effects.interference:
            case = case_of(readout.subarray, readout.pattern.nsamples)
            self._strengths = STRENGTHS.get(case, STRENGTHS["subarray"])
            self._starts = {name: rng.random() for name in self._strengths}
            self._within_frame = self._read_times()

    def _read_times(self):
        """Seconds from the start of a frame at which its pixels are read, (ny, nx)."""
        subarray, nsamples = self._readout.subarray, self._readout.pattern.nsamples
        row = row_ticks(subarray, nsamples, self._readout.detector.size[0])
        y, x = np.ogrid[: subarray.ysize, : subarray.xsize]
        return PIXEL_TIME * (y * row + x // OUTPUTS * nsamples)

    def frame(self, integration, frame):
        """What the waves add to a frame.

        Parameters
        ----------
        integration, frame : int
            From 0.

        Returns
        -------
        ndarray (ny, nx), float32, or 0
            DN.
        """
        if not self._starts:
            return 0.0
        readout = self._readout
        frames = integration * (readout.total_frames + readout.pattern.name.endswith("R1")) + frame
        times = frames * readout.frame_time + self._within_frame
        waves = (
            self._level * self._strengths[name] * wave(name, FREQUENCIES[name] * times + start)
            for name, start in self._starts.items()
        )
        return sum(waves).astype(np.float32)


def emicorr(readout, pixels, effects, options):
    """One period of each wave, and which of them each subarray and read pattern shows."""
    phases = (np.arange(SAMPLES) + 0.5) / SAMPLES
    frequencies = {
        name: {"frequency": frequency, "phase_amplitudes": wave(name, phases).astype(np.float32)}
        for name, frequency in FREQUENCIES.items()
    }
    subarrays, rows = subarrays_of(readout.detector), readout.detector.size[0]
    cases = {}
    for name, nsamples in MIRI_FRAME_TIMES:
        if name in subarrays:
            case = case_of(subarrays[name], nsamples)
            waves = list(STRENGTHS.get(case, STRENGTHS["subarray"]))
            cases[case] = {
                "rowclocks": row_ticks(subarrays[name], nsamples, rows),
                "frameclocks": round(MIRI_FRAME_TIMES[name, nsamples] / PIXEL_TIME),
                "freqs": {"FAST": waves, "SLOW": {readout.detector.name: waves}},
            }
    return Contents({}, tree={"frequencies": frequencies, "subarray_cases": cases})
