"""How traces are modelled, by instrument and mode.

Source: the ``adaptive_trace_model`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/adaptive_trace_model/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.kernels.spectra.trace_splines import Settings


class TraceSettings(NamedTuple):
    """How the trace of a slit is modelled.

    Attributes
    ----------
    reach, spread, low, high, rounds
        See `gpucal.kernels.spectra.trace_splines.Settings`.
    intervals, least : int or None
        Knots of a spline, and how many good pixels a line needs more than; None for those that go with the number of
        pixels along the slit.
    per_pixel, least_per_pixel : float
        By which that number is multiplied for them.
    pad : float
        Pixels about a compact source whose trace is kept.
    backwards : bool
        Whether lines come from the last one to the first: one whose fit fails has the spline of the one before.
    frame, axis, sign : str, int, int
        The frame of places along the slit, which of its coordinates that is, and its sign, so that it grows.
    is_upright : bool
        Whether wavelengths are along y.
    """

    reach: int = 50
    spread: float = 1.6
    low: float = 2.5
    high: float = 2.5
    rounds: int = 3
    intervals: int | None = None
    least: int | None = None
    per_pixel: float = 2.0
    least_per_pixel: float = 0.5
    pad: float = 1
    backwards: bool = False
    frame: str = "slit_frame"
    axis: int = 1
    sign: int = -1
    is_upright: bool = False

    def of_pixels(self, count: float) -> Settings:
        """Those of a slit that is so many pixels long."""
        intervals = int(self.per_pixel * count) if self.intervals is None else self.intervals
        least = int(self.least_per_pixel * count) if self.least is None else self.least
        limits = map(np.float64, (self.spread, self.low, self.high))
        return Settings(self.reach, intervals, least, *limits, self.rounds)


_NIRSPEC = TraceSettings()
_MIRI = TraceSettings(
    reach=5, spread=1.2, low=3.0, high=3.0, intervals=40, least=8, pad=3, backwards=True,
    frame="alpha_beta", axis=0, sign=1, is_upright=True,
)  # fmt: skip


def settings_of(exposure) -> TraceSettings:
    """The settings of an exposure.

    Raises
    ------
    GpucalError
        If it is of no detector or mode that has slits, or of an integral field, whose traces are not modelled yet.
    """
    instrument, kind = exposure.meta.instrument, str(exposure.meta.exposure.type).upper()
    detector = str(instrument.detector).upper()
    if exposure.model_type == "IFUImageModel":
        raise GpucalError(f"{exposure.source}: traces of integral fields are not modelled yet")
    if detector.startswith("NRS"):
        made = _NIRSPEC._replace(backwards=detector != "NRS1")
        if str(instrument.grating).upper() == "PRISM":
            made = made._replace(reach=10, per_pixel=1.0, least_per_pixel=0.25)
        return made
    if detector.startswith("MIR") and kind.startswith("MIR_LRS"):
        return _MIRI._replace(intervals=60, rounds=2) if kind == "MIR_LRS-SLITLESS" else _MIRI
    raise GpucalError(f"{exposure.source}: traces are modelled of slits of NIRSpec and MIRI, not of {detector} {kind}")
