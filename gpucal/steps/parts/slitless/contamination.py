"""The light of other sources in the box of each: what is simulated of all, less what is simulated of its own.

Source: the wfss_contam page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfss_contam/description.html.
"""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data.slits import Slits
from gpucal.kernels.slitless.boxes import add_boxes, on_other_boxes
from gpucal.kernels.spectra.cut_out import cut_out
from gpucal.steps.parts.slitless.simulation import Simulation
from gpucal.steps.parts.slitless.spectral_shapes import fit_shapes

log = logging.getLogger(__name__)


class Matched(NamedTuple):
    """Which simulation is that of each slit.

    Attributes
    ----------
    boxes : (nslits, 4) int64 array
        First row and column, rows and columns of each slit.
    which : (nslits,) int64 array
        The place of its simulation; -1 where there is none.
    limits : (nslits, 4) int64 array
        The part of the box that the simulation fills: first row and the one after the last, and columns.
    """

    boxes: np.ndarray
    which: np.ndarray
    limits: np.ndarray


class Contamination(NamedTuple):
    """What is simulated.

    Attributes
    ----------
    image : (ny, nx) float64 array
        All sources.
    own : 1-D float32 array
        Of each slit its own source, packed.
    others : 1-D float32 array
        Of each slit all others, packed; zeros where the own source is not simulated.
    which : (nslits,) int64 array
        See `Matched`.
    """

    image: object
    own: object
    others: object
    which: np.ndarray


def contamination(slits: Slits, simulation: Simulation, shape, step) -> Contamination:
    """Find the light of others in slits.

    Parameters
    ----------
    slits : Slits
        The spectra, as they are seen.
    simulation : Simulation
    shape : tuple of int
        Rows and columns of the dispersed image.
    step : WfssContamStep
        With its parameters.
    """
    simulation = _rounded(simulation)
    found = matched(slits, simulation)
    if step.polyfit_degree is not None:
        simulation = fit_shapes(slits, simulation, found, shape, step)
    image = whole_image(simulation, shape)
    own = on_slits(simulation.planes[0], simulation, found)
    everything = cut_out(image, found.boxes)
    others = (everything - own) * _with_simulation(found)
    return Contamination(image, own, others.astype(np.float32), found.which)


def matched(slits: Slits, simulation: Simulation) -> Matched:
    """Find the simulation of each slit; a warning tells which have none."""
    boxes = [(slit["ystart"] - 1, slit["xstart"] - 1, slit["ysize"], slit["xsize"]) for slit in slits]
    boxes, simulated = np.array(boxes, np.int64), zip(simulation.label.tolist(), simulation.order.tolist(), strict=True)
    known = {key: place for place, key in enumerate(simulated)}
    keys = [(slit["source_id"], slit["meta.wcsinfo.spectral_order"]) for slit in slits]
    which = np.array([known.get(key, -1) for key in keys], np.int64)
    there = np.vstack([simulation.boxes, np.zeros((1, 4), np.int64)])[which]
    first = np.maximum(there[:, :2] - boxes[:, :2], 0)
    end = np.minimum(there[:, :2] - boxes[:, :2] + there[:, 2:], boxes[:, 2:])
    if as_peer():  # the overlap ends where the simulation is as long as, even if it begins later
        end = np.minimum(end, there[:, 2:])
    overlaps = (end > first).all(axis=1)
    for number in np.flatnonzero((which < 0) | ~overlaps):
        log.warning("Nothing is simulated of source %s, order %s: its spectrum stays as it is", *keys[number])
    limits = np.column_stack([first[:, 0], end[:, 0], first[:, 1], end[:, 1]])
    return Matched(boxes, np.where(overlaps, which, -1), limits)


def on_slits(plane, simulation: Simulation, found: Matched):
    """A plane of the simulation in the boxes of slits, packed."""
    return on_other_boxes(plane, simulation.boxes, simulation.places, found.boxes, found.which, found.limits)


def whole_image(simulation: Simulation, shape):
    """The image of all sources."""
    image = current_backend().xp.zeros(shape)
    add_boxes(image, simulation.planes[0], simulation.boxes, simulation.places)
    return image


def _rounded(simulation: Simulation) -> Simulation:
    """Flat spectra with the digits that products have, so that what is seen of a source alone cancels."""
    planes = simulation.planes
    planes[0] = planes[0].astype(np.float32)
    return simulation._replace(planes=planes)


def _with_simulation(found: Matched):
    """1 for each pixel of slits whose source is simulated, else 0; packed."""
    sizes = found.boxes[:, 2] * found.boxes[:, 3]
    return current_backend().asarray(np.repeat((found.which >= 0).astype(np.float64), sizes), TABLES)
