"""What to correct for interference: clocks and frequencies by subarray, read pattern and detector."""

from typing import NamedTuple

import numpy as np

from gpucal.kernels.emicorr.wave import MINIMUM_SAMPLES
from gpucal.reference import ReferenceFileError


class Clocks(NamedTuple):
    """Ticks of 10 microseconds from one row to the next, and in a frame."""

    row: int
    frame: int


# For frequencies that the user gives: no reference then tells the clocks.
SUBARRAY_CLOCKS = {
    "FULL_FAST": Clocks(271, 277504),
    "FULL_SLOW": Clocks(2333, 2388992),
    "BRIGHTSKY": Clocks(162, 86528),
    "SUB256": Clocks(96, 29952),
    "SUB128": Clocks(44, 11904),
    "SUB64": Clocks(28, 8512),
    "SLITLESSPRISM": Clocks(28, 15904),
    "MASK1065": Clocks(82, 23968),
    "MASK1140": Clocks(82, 23968),
    "MASK1550": Clocks(82, 23968),
    "MASKLYOT": Clocks(90, 32400),
}


class Wave(NamedTuple):
    """A periodic noise.

    Attributes
    ----------
    name : str
        Its name in the reference and in the log.
    frequency : float
        In Hz.
    shape : (nsamples,) float array or None
        One period of it, where it is known.
    """

    name: str
    frequency: float
    shape: np.ndarray | None = None


class Case(NamedTuple):
    """How a subarray is clocked, and the waves to correct."""

    clocks: Clocks
    waves: list[Wave]


def speed_of(readpatt):
    """The readout speed of a read pattern of MIRI, SLOW or FAST."""
    return "SLOW" if "SLOW" in readpatt.upper() else "FAST"


def case_of_frequencies(frequencies, subarray, readpatt):
    """The case of frequencies that the user gives; the shapes of their waves are not known.

    Returns
    -------
    Case or None
        None if there are no frequencies, or the clocks of the subarray are not known.
    """
    name = f"{subarray}_{speed_of(readpatt)}" if subarray == "FULL" else subarray
    clocks = SUBARRAY_CLOCKS.get(name)
    if clocks is None or not frequencies:
        return None
    return Case(clocks, [Wave(repr(frequency), frequency) for frequency in frequencies])


def case_of_reference(reference, subarray, readpatt, detector):
    """The case that a reference lists for a configuration.

    Parameters
    ----------
    reference : Reference
        Of the type ``emicorr``.
    subarray, readpatt, detector : str
        The configuration.

    Returns
    -------
    Case or None
        None if it lists none, or no frequencies for it.

    Raises
    ------
    ReferenceFileError
        If it lacks a frequency that it lists, or its wave.
    """
    speed = speed_of(readpatt)
    name = f"{subarray}_{speed}" if "FULL" in subarray else subarray
    listed = entry(reference.model, "subarray_cases", name)
    names = entry(listed, "freqs", speed) if speed == "FAST" else entry(listed, "freqs", speed, detector)
    row, frame = entry(listed, "rowclocks"), entry(listed, "frameclocks")
    if not names or row is None or frame is None:
        return None
    return Case(Clocks(int(row), int(frame)), [wave_of_reference(reference, name) for name in names])


def wave_of_reference(reference, name):
    """A wave of a reference, by name."""
    known = entry(reference.model, "frequencies", name)
    frequency, shape = entry(known, "frequency"), entry(known, "phase_amplitudes")
    if frequency is None or shape is None or not frequency > 0:
        raise ReferenceFileError(
            f"emicorr reference {reference.label}: has no frequency or no wave of {name}"
        )
    shape = np.array(shape)
    if shape.ndim != 1 or shape.size < MINIMUM_SAMPLES or not np.isfinite(shape).all():
        raise ReferenceFileError(
            f"emicorr reference {reference.label}: the wave of {name} is not one of numbers"
        )
    return Wave(name, float(frequency), shape)


def entry(node, *names):
    """The value at a place of a metadata tree, which the names lead to; None if there is none."""
    for name in names:
        node = getattr(node, name, None)
    return node
