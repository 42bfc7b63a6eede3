"""The light of each order on the detector: what was typical is solved for first, and tells how to solve for all.

Orders 1 and 2 lie on each other where both are red: there they are solved for together. The blue end of order 2, and
order 3, are solved for by themselves.

Source: A. Darveau-Bernier et al. 2022, Publications of the Astronomical Society of the Pacific 134, 094502; and the
description of ``soss_extract`` in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description_soss.html.
"""

import logging
from dataclasses import dataclass, field

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core import GpucalError
from gpucal.kernels.soss.column_sums import ColumnSums
from gpucal.kernels.soss.coverage import Coverage, Place, TooFewPixelsError, coverage_of, map_of
from gpucal.kernels.soss.many_bands import Bands
from gpucal.kernels.soss.regularized import Equations, Pixels, Tried, find_factor, first_guess
from gpucal.kernels.soss.wave_grid import combined_grid, divided, native_grid, pixel_borders
from gpucal.steps.parts.soss.orders import Order
from gpucal.steps.parts.soss.settings import SEPARATION, Settings, spline_through

log = logging.getLogger(__name__)

# Factors of slopes that are tried at first, powers of ten of a guess: of orders 1 and 2, and of an order by itself.
DECADES_JOINT, DECADES_ALONE = (-4, 4), (-2, 8)

# Where order 2 has less than this part of the light of a column, a first estimate takes a pixel for order 1's.
UNCONTAMINATED = 1e-4

# The weight of slopes, in parts of that of pixels, that decides on what these leave open.
UNDECIDED = 1e-6

# The parts of a pixel that an order by itself is solved for.
PARTS_ALONE = 3


@dataclass
class Scene:
    """What is known of the image that is explained.

    Attributes
    ----------
    orders : list of Order
    outside : list of (ny, nx) bool arrays
        For each order the pixels outside of its aperture.
    bad : (ny, nx) bool array
        Pixels that are bad in all integrations.
    """

    orders: list[Order]
    outside: list[np.ndarray]
    bad: np.ndarray

    @property
    def nowhere(self) -> np.ndarray:
        """Pixels in no aperture."""
        return np.all(self.outside, axis=0)

    def place(self, number: int, outside: np.ndarray | None = None) -> Place:
        """Where an order lies; by default its aperture."""
        order = self.orders[number]
        outside = self.outside[number] if outside is None else outside
        return Place(order.wavelength, order.lower, order.upper, order.profile, outside)

    def products(self, used, errors, numbers) -> np.ndarray:
        """For each two of some orders the products of their profiles over squares of errors, added up by column."""
        with np.errstate(divide="ignore"):
            weight = np.where(used, 1 / np.square(errors, dtype=float), 0.0)
        profiles = [self.orders[number].profile.astype(float) for number in numbers]
        return np.array([[(weight * one * other).sum(axis=0) for other in profiles] for one in profiles])

    def pixels(self, used, image, errors, numbers) -> Pixels:
        """The pixels that are used, for judging factors."""
        error = errors[used].astype(float)
        profiles = np.array([self.orders[number].profile[used] / error for number in numbers])
        return Pixels(np.nonzero(used)[1], profiles, image[used] / error)


@dataclass
class JointModel:
    """Orders 1 and 2, solved for together.

    Attributes
    ----------
    grid : (n,) float64 array
        Wavelengths, micron.
    coverage : Coverage
    equations : Equations
    convolutions : list of sparse arrays
        Of each order.
    factor : float or None
    tested : list of Tried
    lights : list of sparse arrays
        For each order the light of columns, as a product with the flux.
    lit : list of (nx,) bool arrays
        For each order the columns of which this is known.
    """

    grid: np.ndarray
    coverage: Coverage
    equations: Equations
    convolutions: list
    factor: float | None = None
    tested: list[Tried] = field(default_factory=list)
    lights: list = field(default_factory=list)
    lit: list = field(default_factory=list)

    def flux(self, sums: np.ndarray) -> np.ndarray:
        """The flux, (n, nints), for weighted sums of pixels, (2, nints, nx)."""
        return self.equations.solver(self.factor)(self.equations.right_side(sums))


@dataclass
class LoneModel:
    """An order by itself.

    Attributes
    ----------
    number : int
        Its place in the list of orders.
    centers : (ncolumns,) float64 array
        Wavelengths of pixels, rising, micron.
    grid : (n,) float64 array
    coverage : Coverage
    light : (nx, n) sparse array
        The light of columns that are fitted.
    factor : float or None
    tested : list of Tried
    whole : (nx, n) sparse array or None
        The light of all columns.
    lit : (nx,) bool array or None
        The columns that these are.
    """

    number: int
    centers: np.ndarray
    grid: np.ndarray
    coverage: Coverage
    light: object
    factor: float | None = None
    tested: list[Tried] = field(default_factory=list)
    whole: object = None
    lit: np.ndarray | None = None

    def flux(self, sums: ColumnSums) -> np.ndarray:
        """The flux, (n, nints), for sums over columns."""
        return Bands(self.grid, self.light).solve(
            sums.weights[self.number], sums.values[self.number], self.factor
        )


def estimated_flux(scene: Scene, image, errors):
    """The flux by order 1 alone, where order 2 is dark: a spline of the wavelength.

    The flux of pixels depends on wavelengths beyond their borders, so that there are more of these than pixels tell of:
    slopes are kept small just as much as decides on these. In jwst 3.0.0 rounding does, and the estimate at the ends is
    millions of times too large.
    """
    first, second = scene.orders[:2]
    first.profile = np.maximum(first.profile, 0)
    has_light = np.isfinite(first.wavelength) & (first.profile.sum(axis=0) > 0)
    grid = np.unique(first.wavelength[has_light])
    outside = scene.outside[0] | (second.profile >= UNCONTAMINATED)
    covered, (light,) = _covered(scene, grid, [scene.place(0, outside)], [first.throughput])
    equations = Equations(grid, [light], scene.products(covered.used, errors, [0]))
    pixels = scene.pixels(covered.used, image, errors, [0])
    sums = np.bincount(pixels.column, pixels.profiles[0] * pixels.values, len(first.wavelength))
    right = equations.right_side(sums[None, None])[:, 0]
    dropped = right == 0
    scale = np.median(equations.normal.diagonal()[~dropped]) / np.median(equations.smooth.diagonal())
    solve = equations.solver(float(np.sqrt(UNDECIDED * scale)), dropped)
    return spline_through(grid, np.where(dropped, np.nan, solve(right)), "order 1")


def light_map(*arguments):
    """The light of columns, see `gpucal.kernels.soss.coverage.map_of`; its first weights as in jwst, if asked for."""
    return map_of(*arguments, misplaces=as_peer())


def _covered(scene, grid, places, throughputs):
    covered = coverage_of(grid, places, scene.bad)
    parts = zip(places, covered.valid, covered.spans, throughputs, strict=True)
    return covered, [light_map(grid, place, valid, span, through) for place, valid, span, through in parts]


def wave_grid(scene: Scene, estimate, settings: Settings, shortest: float) -> np.ndarray:
    """The wavelengths that orders 1 and 2 are solved for."""
    first, second = (
        native_grid(order.trace_wavelength[order.rising], settings.parts) for order in scene.orders[:2]
    )
    is_shared = second >= first.min()
    if not is_shared.any():
        raise GpucalError("orders 1 and 2 of the pastasoss reference have no wavelength in common")
    first = first[first > second[is_shared].min()]
    grids = [second[is_shared], first, second[~is_shared]]
    estimates = [estimate, estimate, np.ones_like]
    return combined_grid(grids, estimates, (shortest, first.max()), settings.tolerance, settings.most)


def joint_model(scene: Scene, grid, errors, threshold: float) -> JointModel:
    """The equations of orders 1 and 2, and what they make of a flux.

    Raises
    ------
    GpucalError
        If an order has too few pixels.
    """
    orders, places = scene.orders[:2], [scene.place(0), scene.place(1)]
    try:
        covered = coverage_of(grid, places, scene.bad, threshold)
    except TooFewPixelsError:
        raise GpucalError(
            "order 1 or 2 has fewer than 25 good pixels within the wavelengths to solve for; look at the flags (DQ) "
            "and at soss_wave_grid_in, or set soss_atoca to false"
        ) from None
    convolutions = [
        order.resolution.convolution(grid, *span) for order, span in zip(orders, covered.spans, strict=True)
    ]
    parts = zip(places, covered.valid, covered.spans, orders, convolutions, strict=True)
    maps = [
        light_map(grid, place, valid, span, order.throughput, c) for place, valid, span, order, c in parts
    ]
    model = JointModel(
        grid, covered, Equations(grid, maps, scene.products(covered.used, errors, [0, 1])), convolutions
    )
    for number, (order, span, convolution) in enumerate(
        zip(orders, covered.spans, convolutions, strict=True)
    ):
        part, place = grid[slice(*span)], scene.place(number, scene.nowhere)
        seen = coverage_of(part, [place])
        light = light_map(part, place, seen.valid[0], seen.spans[0], order.throughput)
        model.lights.append(light @ convolution)
        model.lit.append(seen.valid[0])
    return model


def lone_model(scene: Scene, number: int, longest: float | None) -> LoneModel:
    """The equations of an order by itself, up to a wavelength.

    Raises
    ------
    TooFewPixelsError
        If it has too few pixels.
    """
    order, place = scene.orders[number], scene.place(number)
    centers = order.trace_wavelength[order.rising]
    centers = centers if longest is None else centers[centers < longest]
    if len(centers) < 2:
        raise TooFewPixelsError
    grid = divided(centers, np.full(len(centers) - 1, PARTS_ALONE))
    covered, (light,) = _covered(scene, grid, [place], [None])
    model = LoneModel(number, centers, grid, covered, light)
    anywhere = scene.place(number, scene.nowhere)
    seen = coverage_of(grid, [anywhere])
    model.whole, model.lit = light_map(grid, anywhere, seen.valid[0], seen.spans[0]), seen.valid[0]
    return model


def choose_joint_factor(model: JointModel, scene: Scene, sums, image, errors, estimate, is_told: bool) -> None:
    """Find the factor of slopes of orders 1 and 2, with an estimate of the flux that was told, or was made."""
    used = model.coverage.used
    guess = first_guess(model.equations, estimate, int(used.sum()), not (is_told or as_peer()))
    right = model.equations.right_side(sums)[:, 0]
    pixels = scene.pixels(used, image, errors, [0, 1])
    model.factor, model.tested = find_factor(model.equations, right, pixels, guess, DECADES_JOINT)
    log.info(
        "Orders 1 and 2: the factor of slopes is %.4g, of %d tried about %.4g",
        model.factor,
        len(model.tested),
        guess,
    )


def choose_lone_factor(model: LoneModel, scene: Scene, sums: ColumnSums, image, errors, guess: float) -> None:
    """Find the factor of slopes of an order by itself."""
    used, number = model.coverage.used, model.number
    equations = Equations(model.grid, [model.light], sums.weights[None, number])
    right = equations.right_side(sums.values[number][None])[:, 0]
    pixels = scene.pixels(used, image, errors, [number])
    model.factor, model.tested = find_factor(equations, right, pixels, guess, DECADES_ALONE)
    log.info("Order %d by itself: the factor of slopes is %.4g", scene.orders[number].number, model.factor)


def place_of_trace(wavelength, is_dark) -> Place:
    """Pixels along a trace with rising wavelengths as an image of one row, all of whose light is theirs."""
    row = np.ones((1, len(wavelength)))
    return Place(wavelength, *pixel_borders(wavelength), row, is_dark[None])


def separation_of(reference) -> tuple[float, float]:
    """The wavelengths beside which order 2 lies apart from order 1, micron."""
    told = reference.meta.order2_separation_cutoff
    return SEPARATION if told is None else tuple(told)
