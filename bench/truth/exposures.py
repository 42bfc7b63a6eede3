"""Simulated exposures, calibrated as far as a measurement asks for."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from stdatamodels.properties import ObjectNode

from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.kernels.readout.irs2_layout import RAW_SHAPE, irs2_layout, normal_rows
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Simulation, simulate


@contextmanager
def simulated(**settings) -> Iterator[Simulation]:
    """A simulated exposure, whose references CRDS serves inside the ``with`` block."""
    with tempfile.TemporaryDirectory() as place:
        simulation = simulate(place, **settings)
        with simulation.crds():
            yield simulation


class Ramp(NamedTuple):
    """A ramp of the pixels that see the sky.

    Attributes
    ----------
    data : (nints, ngroups, ny, nx) float32 array
        DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
    pixeldq : (ny, nx) uint32 array
    meta : metadata tree
    """

    data: np.ndarray
    groupdq: np.ndarray
    pixeldq: np.ndarray
    meta: ObjectNode


def corrected_ramp(simulation: Simulation, step: str, skip: bool, left_out: tuple[str, ...] = ()) -> Ramp:
    """The ramp that would be fitted, without one step or with it, be that the default or not."""
    steps = {name: {"skip": True} for name in ("jump", "ramp_fit", *left_out)} | {step: {"skip": skip}}
    model = Detector1Pipeline.call(simulation.exposure, steps=steps, configure_log=False)
    rows = slice(None)
    if model.data.shape[-2:] == RAW_SHAPE:
        rows = normal_rows(irs2_layout(model.meta.instrument.detector))
    return Ramp(model.data[..., rows, :], model.groupdq[..., rows, :], model.pixeldq[rows], model.meta)


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
