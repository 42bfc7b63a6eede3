"""The search for a companion: on a grid of separation, angle and contrast, and finer about the best of it."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError
from gpucal.data import Exposure, InputError
from gpucal.kernels.interferometry.companions import Baselines, Triangles, chi_squared
from gpucal.steps.parts.interferometry.observed import band_in, check_same_holes, tables_in

MAS = np.deg2rad(1e-3 / 3600.0)

# What the search may use.
OBSERVABLES = ("both", "phases", "visibilities")

# Rounds about the best companion: each looks at a cube of so many steps to both sides, and makes the steps smaller.
ROUNDS, AROUND, SMALLER = 12, 3, 0.5


class Grid(NamedTuple):
    """Where companions are looked for.

    Attributes
    ----------
    separations : (nseparations,) float64 array
        Milliarcseconds.
    angles : (nangles,) float64 array
        East of north, degrees.
    contrasts : (ncontrasts,) float64 array
        Companion over star, ascending by a constant factor.
    """

    separations: np.ndarray
    angles: np.ndarray
    contrasts: np.ndarray

    @classmethod
    def of(cls, separations, nangles: int, contrasts) -> "Grid":
        """A grid.

        Parameters
        ----------
        separations : (float, float, float)
            First, last and step, milliarcseconds.
        nangles : int
        contrasts : (float, float, int)
            First, last and how many.

        Raises
        ------
        GpucalError
            If there is nothing in it.
        """
        first, last, step = separations
        faintest, brightest, count = contrasts
        if not (
            0 < first <= last
            and step > 0
            and nangles > 3
            and 0 < faintest < brightest <= 1
            and int(count) > 1
        ):
            raise GpucalError(
                "a search needs separations above 0 with a positive step, 4 angles or more, and contrasts from 0 to 1"
            )
        return cls(
            np.arange(first, last + 0.5 * step, step),
            np.arange(nangles) * 360.0 / nangles,
            np.geomspace(faintest, brightest, int(count)),
        )


class Companion(NamedTuple):
    """The best companion.

    Attributes
    ----------
    separation, angle, contrast : float
        Milliarcseconds, degrees east of north, companion over star.
    errors : (3,) float64 array
        Of these three, one sigma; of a fit that is worse than its errors tell, larger by as much.
    chi2, chi2_alone : float
        The sum of squares, and that of the star alone.
    freedom : float
        Independent data less parameters.
    """

    separation: float
    angle: float
    contrast: float
    errors: np.ndarray
    chi2: float
    chi2_alone: float
    freedom: float

    @property
    def reduced(self) -> float:
        """The sum of squares over the degrees of freedom."""
        return self.chi2 / max(self.freedom, 1.0)

    @property
    def significance(self) -> float:
        """How much better it is than the star alone, in sigma, with errors as large as the scatter of the fit."""
        return float(np.sqrt(max(self.chi2_alone - self.chi2, 0.0) / max(self.reduced, 1.0)))


class Data(NamedTuple):
    """What is searched in.

    Attributes
    ----------
    triangles : Triangles
    baselines : Baselines
    share : float
        The independent part of closure phases.
    """

    triangles: Triangles
    baselines: Baselines
    share: float

    def sums(self, separations, angles, contrasts) -> np.ndarray:
        """Sums of squares at milliarcseconds, degrees and contrasts; on the host."""
        backend = current_backend()
        axes = (np.asarray(separations) * MAS, np.deg2rad(angles), np.asarray(contrasts))
        axes = (backend.asarray(np.ascontiguousarray(axis, np.float64)) for axis in axes)
        return backend.asnumpy(chi_squared(self.triangles, self.baselines, *axes, self.share), TABLES)

    @property
    def count(self) -> float:
        """How many independent data there are."""
        return self.share * len(self.triangles.phase) + len(self.baselines.value)


def data_of(exposure: Exposure, observables: str = "both") -> Data:
    """The closure phases and squared visibilities of a file.

    Raises
    ------
    InputError
        If it has none with an error.
    """
    check_same_holes([exposure])
    wavelength, tables = band_in(exposure), tables_in(exposure)
    asarray = current_backend().asarray
    none = np.zeros(0)
    phases, sides = (none, none), np.zeros((0, 2, 2))
    stations = 3
    if observables != "visibilities" and "t3" in tables:
        table = tables["t3"]
        kept = usable(table, "T3PHI")
        phases = np.deg2rad(table["T3PHI"][kept]), np.deg2rad(table["T3PHIERR"][kept])
        columns = [table[name][kept] for name in ("U1COORD", "V1COORD", "U2COORD", "V2COORD")]
        sides = np.stack(columns, axis=1).reshape(-1, 2, 2) / wavelength
        stations = len(np.unique(table["STA_INDEX"]))
    squares, ends = (none, none), np.zeros((0, 2))
    if observables != "phases" and "vis2" in tables:
        table = tables["vis2"]
        kept = usable(table, "VIS2DATA")
        squares = table["VIS2DATA"][kept], table["VIS2ERR"][kept]
        ends = np.stack([table[name][kept] for name in ("UCOORD", "VCOORD")], axis=1) / wavelength
    if not len(phases[0]) and not len(squares[0]):
        raise InputError(f"{exposure.source}: has no closure phases or visibilities with errors to search in")
    share = 3.0 / stations  # (n - 1)(n - 2) / 2 of n (n - 1)(n - 2) / 6
    return Data(Triangles(*map(asarray, (*phases, sides))), Baselines(*map(asarray, (*squares, ends))), share)


def usable(table, name: str) -> np.ndarray:
    """The rows of one number each, with an error, that are not flagged.

    Raises
    ------
    InputError
        If rows hold several numbers.
    """
    error = {"VIS2DATA": "VIS2ERR"}.get(name, f"{name}ERR")
    if table[name].ndim > 1:
        raise InputError(f"{name} has several integrations in a row: search in their mean (ami-oi)")
    return np.isfinite(table[name]) & np.isfinite(table[error]) & (table[error] > 0) & ~table["FLAG"]


def search(data: Data, grid: Grid) -> tuple[np.ndarray, Companion]:
    """Look for a companion.

    Returns
    -------
    (nseparations, nangles, ncontrasts) float64 array
        Sums of squares on the grid.
    Companion
        The best one, between the points of the grid, too.
    """
    sums = data.sums(*grid)
    place = np.unravel_index(np.argmin(sums), sums.shape)
    point = np.array([axis[at] for axis, at in zip(grid, place, strict=True)])
    point[2] = np.log(point[2])
    steps = np.array(
        [
            grid.separations[1] - grid.separations[0] if len(grid.separations) > 1 else 1.0,
            grid.angles[1] - grid.angles[0],
            np.log(grid.contrasts[1] / grid.contrasts[0]),
        ]
    )
    for _ in range(ROUNDS):
        point = best_about(data, point, steps)
        steps = steps * SMALLER
    chi2 = float(at(data, point))
    freedom = data.count - 3.0
    errors = errors_at(data, point, max(chi2 / max(freedom, 1.0), 1.0))
    contrast = float(np.exp(point[2]))
    errors[2] *= contrast
    alone = float(data.sums([0.0], [0.0], [0.0])[0, 0, 0])
    return sums, Companion(float(point[0]), float(point[1] % 360.0), contrast, errors, chi2, alone, freedom)


def at(data: Data, point) -> float:
    """The sum of squares at a separation, an angle and the logarithm of a contrast."""
    return data.sums([point[0]], [point[1]], [np.exp(point[2])])[0, 0, 0]


def best_about(data: Data, point, steps) -> np.ndarray:
    """The best point of a cube about another one."""
    offsets = np.arange(-AROUND, AROUND + 1)
    axes = [middle + offsets * step for middle, step in zip(point, steps, strict=True)]
    axes[0] = np.maximum(axes[0], 0.0)
    axes[2] = np.minimum(axes[2], 0.0)
    sums = data.sums(axes[0], axes[1], np.exp(axes[2]))
    place = np.unravel_index(np.argmin(sums), sums.shape)
    return np.array([axis[number] for axis, number in zip(axes, place, strict=True)])


def errors_at(data: Data, point, scale: float) -> np.ndarray:
    """One sigma of separation, angle and logarithm of the contrast, from how the sum of squares curves."""
    steps = np.array([0.5, 0.5, 0.05])
    curvature = np.empty((3, 3))
    units = np.eye(3) * steps
    for first in range(3):
        for second in range(3):
            one, other = units[first], units[second]
            ends = [at(data, point + a * one + b * other) for a, b in ((1, 1), (-1, -1), (1, -1), (-1, 1))]
            curvature[first, second] = (ends[0] + ends[1] - ends[2] - ends[3]) / (
                4 * steps[first] * steps[second]
            )
    try:
        variances = np.diagonal(2.0 * scale * np.linalg.inv(curvature))
    except np.linalg.LinAlgError:
        variances = np.full(3, np.nan)
    return np.sqrt(np.where(variances > 0, variances, np.nan))
