"""Spectra of a field cut out: a box for each source and spectral order."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data import Exposure, InputError
from gpucal.data.slits import Slits
from gpucal.errors import NoScienceData
from gpucal.kernels.slitless.lines import spread
from gpucal.kernels.spectra.cut_out import cut_out
from gpucal.steps.parts.slitless.boxes import (
    ALONG_COLUMNS,
    ALONG_ROWS,
    cut_to,
    narrowed,
    on_detector,
    places_in_image,
    traced,
    whole_pixels,
)
from gpucal.steps.parts.slitless.companions import CATALOG, companion
from gpucal.steps.parts.slitless.given_objects import boxes_of
from gpucal.steps.parts.slitless.selecting import asked_for, bright_enough
from gpucal.steps.parts.slitless.source_boxes import SourceBoxes
from gpucal.steps.parts.slitless.sources import read_sources
from gpucal.steps.parts.slitless.wavelength_ranges import Ranges, extracted_ranges
from gpucal.wcs.modes.grisms import DISPERSED, slits_of_grism
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

PLANES = ("data", "dq", "err", "var_poisson", "var_rnoise", "var_flat")


def extract_field(step, exposure: Exposure, reference) -> Exposure:
    """Cut the spectra of the sources of a catalog out of a field.

    Parameters
    ----------
    step : Extract2dStep
        Has the parameters.
    exposure : Exposure
        With coordinates, and a catalog of the direct image.
    reference : Reference
        Of type ``wavelengthrange``.

    Returns
    -------
    Exposure
        With a slit for each source and order, the brightest source first.

    Raises
    ------
    NoScienceData
        If none falls on the detector.
    GpucalError
        If a parameter, the catalog or the reference is not what it should be.
    """
    wcs, direction = exposure.get_wcs(), direction_of(exposure)
    if step.grism_objects:
        found = boxes_of(step.grism_objects)
    else:
        found = of_catalog(step, exposure, wcs, direction, extracted_ranges(exposure, reference, step.extract_orders))
    boxes = cut_to(found.edges, exposure.shape_of("data")[-2:])
    useful = boxes[:, 2:].min(axis=1, initial=np.iinfo(np.int64).max) > 0
    if not useful.any():
        raise NoScienceData(f"{exposure.source}: the spectra of no source that is asked for fall on the detector")
    found, boxes = found.part(useful), boxes[useful]
    log.info("%d spectra of %d sources are cut out", len(boxes), len(np.unique(found.label)))
    return exposure.with_slits(cut(exposure, wcs, found, boxes, direction))


def direction_of(exposure: Exposure) -> int:
    """The direction of the dispersion: 1 along rows, 2 along columns.

    Raises
    ------
    InputError
        If the header does not tell.
    """
    direction = exposure.meta.wcsinfo.dispersion_direction
    if direction not in (ALONG_ROWS, ALONG_COLUMNS):
        raise InputError(f"{exposure.source}: DISPAXIS is {direction}, not 1 or 2; run assign_wcs again")
    return direction


def of_catalog(step, exposure: Exposure, wcs: Wcs, direction: int, ranges: Ranges) -> SourceBoxes:
    """The boxes of the sources that a user asks for, as far as they are on the detector; the brightest first."""
    path = companion(exposure, CATALOG)
    sources = bright_enough(asked_for(read_sources(path), step), step.wfss_mmag_extract)
    edges = narrowed(traced(wcs, sources, ranges), sources.is_extended, step.wfss_extract_half_height, direction)
    boxes = whole_pixels(edges)
    inside = on_detector(boxes, exposure.shape_of("data")[-2:], direction)
    if step.source_ids is not None or step.source_ra is not None:
        for source, order in np.argwhere(~inside):
            log.warning("Order %d of source %d is not on the detector", list(ranges)[order], sources.label[source])
    seen = np.flatnonzero(inside.any(axis=1))
    seen = seen[np.argsort(sources.magnitude[seen], kind="stable")][: step.wfss_nbright]
    log.info("%s: %d of %d sources are on the detector and asked for", path, len(seen), len(inside))
    source, order = np.nonzero(inside[seen])
    source = seen[source]
    places = places_in_image(wcs, sources)
    return SourceBoxes(
        sources.label[source],
        np.array(list(ranges), np.int64)[order],
        boxes[source, order],
        places[source],
        sources.center[source],
        sources.is_extended[source],
    )


def cut(exposure: Exposure, wcs: Wcs, found: SourceBoxes, boxes: np.ndarray, direction: int) -> Slits:
    """The slits of boxes.

    Parameters
    ----------
    exposure : Exposure
    wcs : Wcs
        Its coordinates.
    found : SourceBoxes
        What is in the boxes.
    boxes : (n, 4) int64 array
        First row and column, rows and columns.
    direction : int
        Of the dispersion.

    Returns
    -------
    Slits
    """
    slits = Slits.of_trees(described(exposure, wcs, found, boxes, direction))
    shapes = [tuple(box) for box in boxes[:, 2:].tolist()]
    for name in PLANES:
        if exposure.has(name):
            slits.set_packed(name, cut_out(getattr(exposure, name), boxes), shapes)
    slits.set_packed("wavelength", wavelengths(wcs, found, boxes, direction), shapes)
    return slits


def described(exposure: Exposure, wcs: Wcs, found: SourceBoxes, boxes: np.ndarray, direction: int) -> list[dict]:
    """The values of each slit: which source and order it is of, and where it is."""
    meta = exposure.kept_meta
    shared = {"specsys": meta["wcsinfo"].get("specsys"), "dispersion_direction": direction}
    units = {name: meta[name] for name in ("bunit_data", "bunit_err") if name in meta}
    made, coordinates = [], slits_of_grism(wcs, boxes.tolist(), found.place.tolist(), found.order.tolist())
    for number, (y, x, ny, nx) in enumerate(boxes.tolist()):
        label, order, place = int(found.label[number]), int(found.order[number]), found.place[number].tolist()
        ra, dec = found.center[number].tolist()
        made.append(
            {
                "name": str(label),
                "is_extended": bool(found.is_extended[number]),
                "xstart": x + 1,
                "xsize": nx,
                "ystart": y + 1,
                "ysize": ny,
                "source_xpos": place[0],
                "source_ypos": place[1],
                "source_id": label,
                "source_ra": ra,
                "source_dec": dec,
                "meta": {
                    "model_type": "SlitModel",
                    "wcsinfo": {**shared, "spectral_order": order},
                    "coordinates": dict(meta.get("coordinates") or {}),
                    "wcs": coordinates[number].to_tree(),
                    **units,
                },
            }
        )
    if made and meta["wcsinfo"].get("s_region") is not None:
        made[0]["meta"]["wcsinfo"]["s_region"] = meta["wcsinfo"]["s_region"]
    return made


def wavelengths(wcs: Wcs, found: SourceBoxes, boxes: np.ndarray, direction: int):
    """The wavelengths of the pixels of boxes, micron: the same all across the dispersion, so looked up along it once.

    Returns
    -------
    1-D float32 array
        On the backend, packed.
    """
    length = boxes[:, 3 if direction == ALONG_ROWS else 2]
    box = np.repeat(np.arange(len(boxes)), length)
    along = np.arange(len(box)) - np.repeat(np.cumsum(length) - length, length)
    y, x = boxes[box, 0].astype(float), boxes[box, 1].astype(float)
    if direction == ALONG_ROWS:
        x += along
    else:
        y += along
    points = np.stack([x, y, *found.place[box].T, found.order[box].astype(float)])
    program = wcs.program(DISPERSED, "detector").of_results(2)
    found_along = program.at_places(current_backend().asarray(points, TABLES))[0]
    return spread(found_along, boxes[:, 2:], direction)
