"""Apertures for the photometry of a mosaic, what they leave out, and the offset from AB to Vega magnitudes.

Source: the reference files of ``source_catalog`` in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/source_catalog/reference_files.html.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.reference import Reference

log = logging.getLogger(__name__)

# What rows have in common with an image, by instrument: of aperture corrections, and of offsets of magnitudes.
CORRECTION_KEYS: Mapping[str, Sequence[str]] = {
    "NIRCAM": ("filter", "pupil"),
    "NIRISS": ("filter", "pupil"),
    "MIRI": ("filter", "subarray"),
    "FGS": (),
}
OFFSET_KEYS: Mapping[str, Sequence[str]] = CORRECTION_KEYS | {"MIRI": ("filter",), "FGS": ("detector",)}


class Apertures(NamedTuple):
    """Three circles about a source, and a ring for its background; pixels.

    Attributes
    ----------
    labels : tuple of int
        What columns of the catalog call them: the part of a star's light in them, per cent.
    radii : tuple of float
        Their radii.
    corrections : tuple of float
        All light of a star over that in the circle; NaN where it is not known.
    ring : (float, float)
        Inner and outer radius of the ring.
    """

    labels: tuple[int, ...]
    radii: tuple[float, ...]
    corrections: tuple[float, ...]
    ring: tuple[float, float]


# Where no reference tells of others; they are labelled by their radii.
PLAIN = Apertures((1, 2, 3), (1.0, 2.0, 3.0), (np.nan,) * 3, (5.0, 10.0))


def apertures_of(reference: Reference | None, meta, labels: Sequence[int]) -> Apertures:
    """The apertures with given parts of a star's light.

    Parameters
    ----------
    reference : Reference or None
        Aperture corrections, in pixels of the detector.
    meta : ObjectNode
        Metadata of the mosaic. Its pixels may have another scale than those of the detector.
    labels : sequence of int
        Parts of the light, per cent.

    Returns
    -------
    Apertures
        In pixels of the mosaic. `PLAIN`, with a warning, where there is no reference, or none of its rows is for the
        mosaic or more than one.

    Raises
    ------
    GpucalError
        If the parts do not increase between 0 and 100.
    """
    if not (0 < labels[0] < labels[1] < labels[2] < 100):
        raise GpucalError(f"aperture_ee1, aperture_ee2 and aperture_ee3 have to increase from 0 to 100; are {labels}")
    rows = None if reference is None else _rows_for(reference, "apcorr_table", CORRECTION_KEYS, meta)
    chosen = None if rows is None else _rows_of_parts(rows, labels, reference)
    if chosen is None:
        log.warning("Apertures have radii of 1, 2 and 3 pixels, and total fluxes are not known")
        return PLAIN
    ratio = meta.resample.pixel_scale_ratio
    if ratio is None:
        log.warning("The mosaic does not tell its pixel scale; it is taken for that of the detector")
        ratio = 1.0
    radii = tuple(float(row["radius"]) / ratio for row in chosen)
    ring = tuple(float(chosen[0][name]) / ratio for name in ("skyin", "skyout"))
    return Apertures(tuple(labels), radii, tuple(float(row["apcorr"]) for row in chosen), ring)


def vega_offset(reference: Reference | None, meta) -> float:
    """AB less Vega magnitude; NaN, with a warning, where there is no reference or no single row for the image."""
    rows = None if reference is None else _rows_for(reference, "abvega_offset", OFFSET_KEYS, meta)
    if rows is not None and len(rows) == 1:
        return float(rows["abvega_offset"][0])
    if rows is not None:
        log.warning("%s: %d rows are for this image", reference.label, len(rows))
    log.warning("Vega magnitudes are not known")
    return np.nan


def _rows_for(reference, table, keys, meta):
    """The rows of a reference for an image; None, with a warning, if there is none."""
    rows = reference.table(table)
    if rows is None:
        log.warning("%s holds no table %s", reference.label, table)
        return None
    wanted = {"filter": meta.instrument.filter, "pupil": meta.instrument.pupil,
              "detector": meta.instrument.detector, "subarray": meta.subarray.name}  # fmt: skip
    wanted = {key: str(wanted[key]).upper() for key in keys.get(str(meta.instrument.name).upper(), ())}
    found = np.ones(len(rows), bool)
    for key, value in wanted.items():
        found &= np.char.upper(np.char.strip(rows[key].astype(str))) == value
    if found.any():
        return rows[found]
    log.warning("%s has no row for %s", reference.label, ", ".join(f"{key} {value}" for key, value in wanted.items()))
    return None


def _rows_of_parts(rows, labels, reference):
    """The row of each part of the light, with one ring for all; None, with a warning, if there is none."""
    parts = np.round(rows["eefraction"] * 100)
    for label in labels:
        if (parts == label).sum() != 1:
            known = ", ".join(f"{part:.0f}" for part in np.unique(parts))
            log.warning("%s has no single row for %d%% of the light; it has %s", reference.label, label, known)
            return None
    chosen = [rows[parts == label][0] for label in labels]
    if len({(float(row["skyin"]), float(row["skyout"])) for row in chosen}) > 1:
        log.warning("%s has more than one ring for the background of a source", reference.label)
        return None
    return chosen
