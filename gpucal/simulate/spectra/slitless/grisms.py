"""Grisms: where they put which wavelength of which order, and how much of the light.

Numbers are rounded from those of the specwcs references of the observatory. Layout of such a reference, as of 2022:
https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/specwcs_reffile.html.
"""

from dataclasses import dataclass

import numpy as np

SPEED_OF_LIGHT = 299792458.0  # m/s
EDGE = 0.01  # of the throughput at the borders of a band, in units of the wavelength
LEAST_THROUGHPUT = 1e-3


@dataclass(frozen=True)
class Trace:
    """The trace of an order, by its parameter t, which goes from 0 to 1 with the wavelength.

    Attributes
    ----------
    along, across : tuple of float
        Offset from the source along and across the dispersion at t = 0, and its change to t = 1: pixels.
    field : float
        By which the offset across changes for each pixel of the source's column.
    brightness : float
        MJy/sr micron that make 1 DN/s, where the throughput is best.
    """

    along: tuple[float, float]
    across: tuple[float, float]
    field: float
    brightness: float


@dataclass(frozen=True)
class Grism:
    """A grism or, of NIRISS, one of two that stand at right angles.

    Attributes
    ----------
    name : str
        Value of FILTER (NIRISS) or PUPIL (NIRCam).
    instrument, detector : str
    axis : int
        Along which it disperses: 0 for columns, 1 for rows; of images, (y, x).
    wavelengths : tuple of float
        Micron, at t = 0 and t = 1.
    traces : dict
        Order -> Trace.
    extracted : tuple of int
        The orders that are extracted from fields.
    sigma : float
        Of the point spread function, a Gaussian, pixels.
    reference_angle, angle : float or None
        FWCPOS for which the traces hold, and that of exposures, degrees; of NIRISS.
    """

    name: str
    instrument: str
    detector: str
    axis: int
    wavelengths: tuple[float, float]
    traces: dict[int, Trace]
    extracted: tuple[int, ...]
    sigma: float
    reference_angle: float | None = None
    angle: float | None = None

    def keywords(self, band: str) -> dict:
        """FILTER and PUPIL, and of NIRISS FWCPOS, of exposures through a band."""
        if self.instrument == "NIRISS":
            return {"FILTER": self.name, "PUPIL": band, "FWCPOS": self.angle}
        return {"FILTER": band, "PUPIL": self.name}

    def place(self, x, y, wavelengths, order: int, velocity: float = 0.0):
        """Where light of a source comes to lie.

        Parameters
        ----------
        x, y : float
            Of the source in the direct image, pixels of the full frame from 0.
        wavelengths : ndarray
            At rest, micron.
        order : int
        velocity : float
            VELOSYS, m/s.

        Returns
        -------
        tuple of ndarray
            Columns and rows, from 0.
        """
        trace, (first, last) = self.traces[order], self.wavelengths
        t = (wavelengths * (1 + velocity / SPEED_OF_LIGHT) - first) / (last - first)
        along = trace.along[0] + trace.along[1] * t
        across = trace.across[0] + (trace.across[1] + trace.field * x) * t
        dx, dy = (along, across) if self.axis == 1 else (across, along)
        if self.angle is not None:
            turn = np.deg2rad(self.reference_angle - self.angle)
            dx, dy = np.cos(turn) * dx - np.sin(turn) * dy, np.sin(turn) * dx + np.cos(turn) * dy
        return x + dx, y + dy


def _niriss(name, axis, angle, offset, orders):
    rows = {order: Trace(along, across, field, light) for order, (along, across, field, light) in orders.items()}
    return Grism(name, "NIRISS", "NIS", axis, (0.75, 2.3), rows, (1,), 0.75, angle, angle + offset)


GRISMS = {
    "GR150R": _niriss("GR150R", 0, 33.655, 0.15, {
        0: ((215.6, -8.6), (-1.6, 0.01), 4e-5, 2.0),
        1: ((59.0, -331.1), (-1.3, 0.34), -1.2e-3, 0.1),
        2: ((-95.8, -652.7), (-1.0, 0.33), -2e-3, 1.5),
    }),
    "GR150C": _niriss("GR150C", 1, 354.222, -0.1, {
        0: ((218.1, -9.5), (-1.2, -0.05), 9e-5, 2.0),
        1: ((63.6, -331.9), (-1.9, -3.1), 3e-3, 0.1),
        2: ((-91.0, -653.2), (-2.2, -8.5), 6e-3, 1.5),
    }),
    "GRISMR": Grism("GRISMR", "NIRCAM", "NRCALONG", 1, (2.4, 5.0), {
        1: Trace((-1530.9, 2589.6), (0.0, 0.0), 0.0, 0.02),
        2: Trace((859.6, 5179.3), (0.0, 0.0), 0.0, 0.4),
    }, (1,), 0.7),
    "GRISMC": Grism("GRISMC", "NIRCAM", "NRCALONG", 0, (2.4, 5.0), {
        1: Trace((-1530.9, 2589.6), (0.0, 0.0), 0.0, 0.02),
        2: Trace((859.6, 5179.3), (0.0, 0.0), 0.0, 0.4),
    }, (1,), 0.7),
}  # fmt: skip

# Wavelengths between which the bands let light through, micron.
BANDS = {
    "NIRISS": {"F115W": (1.01, 1.28), "F150W": (1.33, 1.67), "F200W": (1.75, 2.23)},
    "NIRCAM": {"F322W2": (2.45, 3.98), "F356W": (3.15, 3.97), "F444W": (3.9, 4.97)},
}


def wavelengths_beside(band: tuple[float, float]) -> tuple[float, float]:
    """The band, and what little light comes through beside it: the wavelengths that are calibrated, micron."""
    return band[0] * (1 - 3 * EDGE), band[1] * (1 + 3 * EDGE)


def throughput(wavelengths, band: tuple[float, float]):
    """What a band lets through, 1 in the middle; wavelengths in micron."""
    first, last = band
    rise, fall = (wavelengths / first - 1) / (EDGE / 3), (1 - wavelengths / last) / (EDGE / 3)
    through = 1 / (1 + np.exp(-rise)) / (1 + np.exp(-fall))
    return LEAST_THROUGHPUT + through * (1 - 0.2 * (wavelengths - first) / (last - first))
