"""Spectra of NIRISS SOSS: orders told apart, and added up in apertures about their traces."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import PRODUCTS, TABLES
from gpucal.kernels.soss.boxes import box_weights
from gpucal.kernels.soss.column_sums import Apertures, ColumnSums, column_sums
from gpucal.kernels.soss.coverage import TooFewPixelsError
from gpucal.kernels.soss.regularized import light_of
from gpucal.steps.parts.soss.filling import fill_with_models
from gpucal.steps.parts.soss.modelling import (
    JointModel,
    LoneModel,
    Scene,
    choose_joint_factor,
    choose_lone_factor,
    estimated_flux,
    joint_model,
    lone_model,
    wave_grid,
)
from gpucal.steps.parts.soss.orders import Order
from gpucal.steps.parts.soss.prepared import Prepared, backgrounds_of, typical_of
from gpucal.steps.parts.soss.settings import Settings

log = logging.getLogger(__name__)


class Extraction(NamedTuple):
    """What came of an exposure.

    Attributes
    ----------
    orders : list of Order
    boxes : (norders, ny, nx) float64 array
    flux, variance, npixels : (norders, nints, nx) float64 arrays
        Within apertures.
    background : (nints, nx) float64 array
    joint : JointModel or None
    lone : list of LoneModel
    fluxes : list of arrays
        Those that were solved for: of the joint model, if there is one, and of each of the others.
    columns : (norders, nints, nx) float64 array or None
        The light of columns, NaN where it is not known.
    nowhere : (ny, nx) bool array
        Pixels in no aperture.
    """

    orders: list[Order]
    boxes: np.ndarray
    flux: np.ndarray
    variance: np.ndarray
    npixels: np.ndarray
    background: np.ndarray
    joint: JointModel | None
    lone: list[LoneModel]
    fluxes: list[np.ndarray]
    columns: np.ndarray | None
    nowhere: np.ndarray


def extract_orders(
    of: Prepared, orders: list[Order], settings: Settings, separation, is_narrow: bool
) -> Extraction:
    """Extract all orders of all integrations.

    Parameters
    ----------
    of : Prepared
    orders : list of Order
        The first two of them, or all three.
    settings : Settings
    separation : tuple of float
        Wavelengths, micron, see `gpucal.steps.parts.soss.modelling.separation_of`.
    is_narrow : bool
        Whether the subarray has the trace of order 1 alone.
    """
    boxes = np.array([box_weights(of.shape, order.columns, order.rows, settings.width) for order in orders])
    if is_narrow:
        boxes[1] = (
            1.0  # as in jwst 3.0.0: its order 2 is no spectrum, and serves to model what lies on order 1
        )
    scene = Scene(orders, [~(box > 0) | of.not_lit for box in boxes], of.bad | ~(of.median_errors > 0))
    joint, lone = (
        _models(of, scene, boxes, settings, separation, is_narrow) if settings.models else (None, [])
    )
    background = _background(of, settings)
    sums = _sums(of, scene, boxes, joint, lone, background)
    fluxes, columns = ([], None) if joint is None else _light(sums, scene, joint, lone)
    flux, variance, npixels = (one.copy() for one in (sums.flux, sums.variance, sums.npixels))
    if columns is not None:
        decontaminates = settings.decontaminates or as_peer()
        if decontaminates:
            _decontaminate(flux, columns, sums.shares)
        if settings.fills:
            profiles, totals = [order.profile for order in orders], (flux, variance, npixels)
            fill_with_models(of, profiles, boxes, ~scene.nowhere, columns, background, totals, decontaminates)
    return Extraction(orders, boxes, flux, variance, npixels, background, joint, lone, fluxes, columns, scene.nowhere)


def _decontaminate(flux, columns, shares) -> None:
    """Take the light of other orders away from sums over apertures."""
    light = np.nan_to_num(columns, nan=0.0)
    for number in range(len(flux)):
        for other in range(len(flux)):
            if other != number:
                flux[number] -= light[other] * shares[number, other]


def _background(of: Prepared, settings: Settings) -> np.ndarray:
    if settings.subtracts_background:
        return current_backend().asnumpy(backgrounds_of(of), PRODUCTS)
    return np.zeros((len(of.series.data), of.shape[1]))


def _models(of, scene, boxes, settings, separation, is_narrow):
    """The models of the orders, whose factors are those of a typical integration."""
    typical = typical_of(of)
    background = _background(typical, settings)
    image = current_backend().asnumpy(typical.series.data[0], TABLES)
    image = np.where(np.isfinite(image), image, 0.0) - background[0]
    errors = of.median_errors
    estimate, grid = settings.estimate, settings.grid
    if estimate is None and (settings.factor is None or grid is None):
        estimate = estimated_flux(scene, image, errors)
    if grid is None:
        grid = wave_grid(scene, estimate, settings, separation[0])
    log.info(
        "Orders 1 and 2 are solved for at %d wavelengths, %.4f to %.4f micron", len(grid), grid[0], grid[-1]
    )
    joint = joint_model(scene, grid, errors, settings.threshold)
    lone = [] if is_narrow else _lone_models(scene, separation)
    sums = _sums(typical, scene, boxes, joint, lone, background)
    joint.factor = settings.factor
    if joint.factor is None:
        is_told = settings.estimate is not None
        choose_joint_factor(joint, scene, sums.joint, image, errors, estimate, is_told)
    for model in lone:
        choose_lone_factor(model, scene, sums, image, errors, joint.factor)
    return joint, lone


def _lone_models(scene: Scene, separation) -> list[LoneModel]:
    """The models of the blue end of order 2, and of order 3."""
    made = []
    for number, longest in ((1, separation[1]), (2, None))[: len(scene.orders) - 1]:
        try:
            made.append(lone_model(scene, number, longest))
        except TooFewPixelsError:
            what = "the blue end of order 2" if number == 1 else "order 3"
            log.error("Fewer than 25 good pixels show %s: there is no model of it", what)
    return made


def _sums(of: Prepared, scene: Scene, boxes, joint, lone, background) -> ColumnSums:
    """Sums over the columns of all integrations, on the host."""
    backend = current_backend()
    alone = np.zeros(boxes.shape, bool)
    for model in lone:
        alone[model.number] = model.coverage.used
    weight = np.zeros(of.shape)
    if joint is not None:
        with np.errstate(divide="ignore"):
            weight = np.where(joint.coverage.used, 1 / np.square(of.median_errors, dtype=float), 0.0)
    profiles = np.array([order.profile for order in scene.orders], np.float32)
    apertures = Apertures(*(backend.asarray(one, TABLES) for one in (profiles, boxes, alone, weight, of.bad)))
    sums = column_sums(of.series, apertures, backend.asarray(background, TABLES))
    return ColumnSums(*(backend.asnumpy(one, PRODUCTS) for one in sums))


def _light(sums: ColumnSums, scene: Scene, joint: JointModel, lone: list[LoneModel]):
    """The fluxes that were solved for, and the light of columns, (norders, nints, nx)."""
    fluxes = [joint.flux(sums.joint)]
    columns = np.full((len(scene.orders), *sums.flux.shape[1:]), np.nan)
    for number, (light, lit) in enumerate(zip(joint.lights, joint.lit, strict=True)):
        columns[number][:, lit] = (light @ fluxes[0]).T[:, lit]
    for model in lone:
        fluxes.append(model.flux(sums))
        found = np.where(model.lit[:, None], light_of(model.whole, fluxes[-1]), np.nan).T
        here = columns[model.number]
        np.copyto(here, found, where=~np.isfinite(here))
    return fluxes, columns
