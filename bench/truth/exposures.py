"""Simulated exposures, calibrated as far as a measurement asks for."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from gpucal.kernels.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Simulation, simulate


@contextmanager
def simulated(**settings) -> Iterator[Simulation]:
    """A simulated exposure, whose references CRDS serves inside the ``with`` block."""
    with tempfile.TemporaryDirectory() as place:
        simulation = simulate(place, **settings)
        with simulation.crds():
            yield simulation


def corrected_ramp(simulation: Simulation, step: str, skip: bool, left_out: tuple[str, ...] = ()):
    """The ramp that would be fitted, without one step or with it, be that the default or not.

    Returns
    -------
    RampModel
    """
    steps = {name: {"skip": True} for name in ("jump", "ramp_fit", *left_out)} | {step: {"skip": skip}}
    return Detector1Pipeline.call(simulation.exposure, steps=steps)


def usable(pixeldq: np.ndarray) -> np.ndarray:
    """Science pixels without DO_NOT_USE, boolean (ny, nx)."""
    return pixeldq & (DO_NOT_USE | REFERENCE_PIXEL) == 0


def expected_signal(ramp, rate: np.ndarray) -> np.ndarray:
    """The linear signal that light of a rate (DN/s) makes in each group, DN, (ngroups, ny, nx).

    The value of a group is the mean of its frames; frame n is read n frame times after the reset.
    """
    exposure = ramp.meta.exposure
    group = np.arange(exposure.ngroups)
    frames = group * (exposure.nframes + exposure.groupgap) + (exposure.nframes + 1) / 2
    return rate * (frames * exposure.frame_time)[:, None, None]
