"""Charge dropped by particles: cosmic-ray tracks, snowballs, and showers."""

from dataclasses import dataclass

import numpy as np

LARGEST_ENERGY = 2e5
MEAN_TRACK_LENGTH = 2.0
SNOWBALL_RADII = (3.0, 12.0)
SHOWER_RADII = (8.0, 40.0)
SHOWER_AXIS_RATIOS = (0.4, 1.0)

# The large events of each kind of detector: near infrared ones have snowballs, mid infrared ones showers.
SHOWERED = ("MIRI",)

HIT_TYPE = np.dtype(
    [("integration", "i4"), ("frame", "i4"), ("group", "i4"), ("y", "i4"), ("x", "i4"), ("electrons", "f4")]
)
SNOWBALL_TYPE = np.dtype(
    [("integration", "i4"), ("frame", "i4"), ("group", "i4"), ("y", "f4"), ("x", "f4"), ("radius", "f4")]
)
SHOWER_TYPE = np.dtype(
    [(name, "i4") for name in ("integration", "frame", "group")]
    + [(name, "f4") for name in ("y", "x", "radius", "axis_ratio", "angle", "electrons")]
)


@dataclass(frozen=True)
class Events:
    """What fell on the detector in an exposure.

    Attributes
    ----------
    hits : ndarray of HIT_TYPE
        One entry for each pixel that a cosmic ray crossed. `group` is the first whose value has the
        charge in it (it equals the number of groups for what came too late to be seen there).
    snowballs : ndarray of SNOWBALL_TYPE
        One entry each; `radius` is that of the saturated core, pixels.
    showers : ndarray of SHOWER_TYPE
        One entry each, an ellipse: `radius` is its semi-major axis, pixels, at `angle` radians from the x axis;
        `electrons` fall on each of its pixels.
    """

    hits: np.ndarray
    snowballs: np.ndarray
    showers: np.ndarray

    def deposits(self, integration, frame, readout):
        """Charge that arrived during one frame.

        Parameters
        ----------
        integration, frame : int
            From 0.
        readout : Readout

        Yields
        ------
        rows, columns : ndarray of int
        electrons : ndarray, float32
        """
        hits = self.hits[(self.hits["integration"] == integration) & (self.hits["frame"] == frame)]
        if len(hits):
            yield hits["y"], hits["x"], hits["electrons"]
        for snowball in self.snowballs:
            if snowball["integration"] == integration and snowball["frame"] == frame:
                yield _snowball_charge(snowball, readout)
        for shower in self.showers:
            if shower["integration"] == integration and shower["frame"] == frame:
                yield _shower_charge(shower, readout)


def draw_events(readout, effects, rng):
    """Draw the events of an exposure.

    Parameters
    ----------
    readout : Readout
    effects : Effects
    rng : numpy.random.Generator

    Returns
    -------
    Events
    """
    pixel_seconds = np.prod(readout.subarray.shape) * readout.integration_time * readout.nints
    showered = readout.detector.instrument in SHOWERED
    tracks = rng.poisson(effects.cosmic_ray_rate * pixel_seconds) if effects.cosmic_rays else 0
    balls = rng.poisson(effects.snowball_rate * pixel_seconds) if effects.snowballs and not showered else 0
    showers = rng.poisson(effects.shower_rate * pixel_seconds) if effects.showers and showered else 0
    return Events(
        _draw_hits(readout, tracks, effects.least_energy, rng),
        _draw_snowballs(readout, balls, rng),
        _draw_showers(readout, showers, effects.shower_electrons, rng),
    )


def _draw_hits(readout, number, least_energy, rng):
    """Straight tracks; each crossed pixel takes its own energy from the spectrum."""
    ny, nx = readout.subarray.shape
    length = rng.geometric(1 / MEAN_TRACK_LENGTH, number)
    track = np.repeat(np.arange(number), length)
    step = np.arange(len(track)) - np.repeat(np.cumsum(length) - length, length)
    angle = rng.uniform(0, 2 * np.pi, number)[track]
    y = np.floor(rng.uniform(0, ny, number)[track] + step * np.sin(angle)).astype(int)
    x = np.floor(rng.uniform(0, nx, number)[track] + step * np.cos(angle)).astype(int)
    hits = np.zeros(len(track), HIT_TYPE)
    hits["integration"] = rng.integers(readout.nints, size=number)[track]
    hits["frame"] = rng.integers(readout.total_frames, size=number)[track]
    hits["y"], hits["x"] = y, x
    hits["electrons"] = 1 / rng.uniform(1 / LARGEST_ENERGY, 1 / least_energy, len(track))
    _set_group(hits, readout)
    return hits[(y >= 0) & (y < ny) & (x >= 0) & (x < nx)]


def _draw_large(readout, number, kind, rng):
    """Draw when and where events larger than a pixel happen."""
    ny, nx = readout.subarray.shape
    events = np.zeros(number, kind)
    events["integration"] = rng.integers(readout.nints, size=number)
    events["frame"] = rng.integers(readout.total_frames, size=number)
    events["y"], events["x"] = rng.uniform(0, ny, number), rng.uniform(0, nx, number)
    _set_group(events, readout)
    return events


def _draw_snowballs(readout, number, rng):
    snowballs = _draw_large(readout, number, SNOWBALL_TYPE, rng)
    snowballs["radius"] = rng.uniform(*SNOWBALL_RADII, number)
    return snowballs


def _draw_showers(readout, number, electrons, rng):
    showers = _draw_large(readout, number, SHOWER_TYPE, rng)
    showers["radius"] = rng.uniform(*SHOWER_RADII, number)
    showers["axis_ratio"] = rng.uniform(*SHOWER_AXIS_RATIOS, number)
    showers["angle"] = rng.uniform(0, np.pi, number)
    showers["electrons"] = electrons
    return showers


def _set_group(events, readout):
    position = events["frame"] % readout.frames_per_group
    late = position >= readout.pattern.nframes
    events["group"] = events["frame"] // readout.frames_per_group + late


def _around(event, reach, readout):
    """Rows and columns of the pixels within reach of the centre of an event."""
    ny, nx = readout.subarray.shape
    y0, x0 = int(event["y"]), int(event["x"])
    return np.mgrid[
        max(0, y0 - reach) : min(ny, y0 + reach + 1), max(0, x0 - reach) : min(nx, x0 + reach + 1)
    ]


def _snowball_charge(snowball, readout):
    """Twice full well inside the core, then a halo that falls off over the core's radius."""
    radius = float(snowball["radius"])
    rows, columns = _around(snowball, int(5 * radius) + 1, readout)
    distance = np.hypot(rows - snowball["y"], columns - snowball["x"])
    halo = 0.05 * readout.detector.full_well * np.exp(-(distance - radius) / (0.7 * radius))
    charge = np.where(distance < radius, 2 * readout.detector.full_well, halo)
    return rows, columns, charge.astype(np.float32)


def _shower_charge(shower, readout):
    """The same charge on all pixels of an ellipse."""
    rows, columns = _around(shower, int(shower["radius"]) + 1, readout)
    inside = ellipse(shower, rows, columns)
    return rows[inside], columns[inside], np.full(inside.sum(), shower["electrons"], np.float32)


def ellipse(shower, rows, columns):
    """Which pixels a shower covers.

    Parameters
    ----------
    shower : record of SHOWER_TYPE
    rows, columns : ndarray of int

    Returns
    -------
    ndarray, bool
    """
    dy, dx = rows - shower["y"], columns - shower["x"]
    cosine, sine = np.cos(shower["angle"]), np.sin(shower["angle"])
    along, across = dx * cosine + dy * sine, dy * cosine - dx * sine
    return np.hypot(along, across / shower["axis_ratio"]) < shower["radius"]
