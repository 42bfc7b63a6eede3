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
    order : str
        How lines follow one another: one whose fit fails has the spline of the one before. From the ``first`` to the
        last, from the ``last`` to the first, or ``inward``: from the first to the middle, then from the last to it.
    frame, axis, sign : str, int, int
        The frame of places along the slit, which of its coordinates that is, and its sign, so that it grows.
    is_upright : bool
        Whether wavelengths are along y.
    channel : int
        Of integral fields: slices whose numbers have so many hundreds in common are bright by the same measure; 0 for
        all of an exposure.
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
    order: str = "first"
    frame: str = "slit_frame"
    axis: int = 1
    sign: int = -1
    is_upright: bool = False
    channel: int = 0

    def of_pixels(self, count: float) -> Settings:
        """Those of a slit that is so many pixels long."""
        intervals = int(self.per_pixel * count) if self.intervals is None else self.intervals
        limits = map(np.float64, (self.spread, self.low, self.high))
        return Settings(self.reach, intervals, *limits, self.rounds)

    def least_of(self, count: float) -> int:
        """How many good pixels a line needs more than, in a slit that is so many pixels long."""
        return int(self.least_per_pixel * count) if self.least is None else self.least


    def order_of(self, count: int) -> np.ndarray:
        """The order of so many lines."""
        lines = np.arange(count)
        if self.order == "inward":
            return np.concatenate([lines[: count // 2 + 1], lines[: count // 2 : -1]])
        return lines if self.order == "first" else lines[::-1]


_NIRSPEC = TraceSettings()
_MIRI = TraceSettings(
    reach=5, spread=1.2, low=3.0, high=3.0, intervals=40, least=8, pad=3, order="last",
    frame="alpha_beta", axis=0, sign=1, is_upright=True,
)  # fmt: skip
_MRS = _MIRI._replace(reach=50, low=2.5, high=2.5, intervals=36, order="inward", channel=100)


def settings_of(exposure) -> TraceSettings:
    """The settings of an exposure.

    Raises
    ------
    GpucalError
        If it is of no detector or mode whose traces are modelled.
    """
    instrument, kind = exposure.meta.instrument, str(exposure.meta.exposure.type).upper()
    detector, is_field = str(instrument.detector).upper(), exposure.model_type == "IFUImageModel"
    if detector.startswith("NRS"):
        made = _NIRSPEC._replace(order="first" if detector == "NRS1" else "last")
        if is_field:
            made = made._replace(frame="slicer", pad=2)
        if str(instrument.grating).upper() == "PRISM":
            made = made._replace(reach=10, per_pixel=1.0, least_per_pixel=0.25)
        return made
    if detector.startswith("MIR") and is_field:
        return _MRS
    if detector.startswith("MIR") and kind.startswith("MIR_LRS"):
        return _MIRI._replace(intervals=60, rounds=2) if kind == "MIR_LRS-SLITLESS" else _MIRI
    raise GpucalError(f"{exposure.source}: traces are modelled of NIRSpec and MIRI, not of {detector} {kind}")
