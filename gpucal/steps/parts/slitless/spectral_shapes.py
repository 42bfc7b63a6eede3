"""Spectra of sources that are not flat: polynomials, fitted to what is seen less the light of others.

The brightest spectrum is fitted first; what is simulated of it then counts for the others.

Source: the wfss_contam page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfss_contam/description.html.
"""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data.slits import Slits
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.slitless.boxes import add_boxes, on_other_boxes
from gpucal.steps.parts.slitless.simulation import Simulation

log = logging.getLogger(__name__)


def fit_shapes(slits: Slits, simulation: Simulation, found, shape, step) -> Simulation:
    """Fit the spectra of all slits, as often as the step asks.

    Parameters
    ----------
    slits : Slits
        The spectra, as they are seen.
    simulation : Simulation
        Of flat spectra and polynomials.
    found : Matched
        Which simulation is that of each slit.
    shape : tuple of int
        Rows and columns of the dispersed image.
    step : WfssContamStep
        With its parameters.

    Returns
    -------
    Simulation
        Its first plane is that of the spectra found.
    """
    asnumpy = current_backend().asnumpy
    planes = asnumpy(simulation.planes, TABLES).copy()
    image = current_backend().xp.zeros(shape)
    add_boxes(image, simulation.planes[0], simulation.boxes, simulation.places)
    image = asnumpy(image, TABLES).copy()
    bases = [asnumpy(_on_slits(plane, simulation, found), TABLES) for plane in simulation.planes]
    bases = np.stack(bases).astype(np.float64)
    data, err, dq = (asnumpy(slits.packed(name), TABLES) for name in ("data", "err", "dq"))
    ends = np.cumsum(found.boxes[:, 2] * found.boxes[:, 3])
    parts = [slice(end - ny * nx, end) for end, (_, _, ny, nx) in zip(ends, found.boxes.tolist(), strict=True)]
    light = np.array([np.nansum(bases[0, part]) for part in parts])
    fitted = [number for number in np.argsort(-light, kind="stable") if found.which[number] >= 0]
    for iteration in range(step.n_iterations):
        succeeded = 0
        for number in fitted:
            part, (y, x, ny, nx) = parts[number], found.boxes[number]
            everything = image[y : y + ny, x : x + nx].ravel()
            seen = (data[part] - (everything - bases[0, part])).astype(np.float32)
            coefficients = fit(seen, err[part], dq[part], bases[:, part], step)
            if coefficients is not None:
                succeeded += 1
                bases[0, part] = coefficients @ bases[:, part]
                _replace(image, planes, simulation, found.which[number], coefficients)
        log.info("%d of %d spectra are fitted in iteration %d", succeeded, len(parts), iteration + 1)
        if not succeeded:
            log.warning("No spectrum could be fitted: subtract the background well, lower polyfit_degree, or raise "
                        "l2_alpha")  # fmt: skip
            break
    return simulation._replace(planes=current_backend().asarray(planes, TABLES))


def fit(seen, err, dq, bases, step) -> np.ndarray | None:
    """The coefficients of a spectrum by weighted least squares; None where there are too few pixels, or it is no fit.

    Parameters
    ----------
    seen, err, dq : (n,) array
        Pixels of the spectrum without the light of others.
    bases : (nspectra, n) float array
        What is simulated: of the flat spectrum, or the one found before, and of polynomials.
    step : WfssContamStep
        Has ``l2_alpha``, the ridge, and ``rejection_threshold``, by how much the first coefficient may differ from 1.
    """
    usable = np.isfinite(seen) & np.isfinite(bases[0]) & (bases[0] != 0) & (dq & DO_NOT_USE == 0)
    weighed = usable & np.isfinite(err) & (err > 0)
    if np.count_nonzero(usable) < len(bases) or not weighed.any():
        return None
    design = (bases[:, weighed] / err[weighed]).T
    target = seen[weighed] / err[weighed]
    if step.l2_alpha == 0:
        coefficients, *_ = np.linalg.lstsq(design, target, rcond=None)
    else:
        matrix = design.T @ design + step.l2_alpha * np.eye(len(bases))
        coefficients = np.linalg.solve(matrix, design.T @ target)
    limit = step.rejection_threshold
    return None if limit is not None and abs(coefficients[0] - 1) > limit else coefficients


def _replace(image, planes, simulation: Simulation, which: int, coefficients) -> None:
    """Put the spectrum found in the place of the one before, of one source: in the planes, and in the image."""
    y, x, ny, nx = simulation.boxes[which]
    place = slice(simulation.places[which], simulation.places[which] + ny * nx)
    made = (coefficients @ planes[:, place]).astype(np.float32)
    image[y : y + ny, x : x + nx] += (made - planes[0, place]).reshape(ny, nx)
    planes[0, place] = made


def _on_slits(plane, simulation: Simulation, found):
    return on_other_boxes(plane, simulation.boxes, simulation.places, found.boxes, found.which, found.limits)
