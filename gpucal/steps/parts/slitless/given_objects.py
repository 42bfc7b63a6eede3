"""Boxes that a user gives, as the objects that jwst makes of sources.

Source: `stdatamodels.jwst.transforms.models.GrismObject`,
https://stdatamodels.readthedocs.io/en/latest/jwst/transforms.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.errors import GpucalError
from gpucal.steps.parts.slitless.boxes import whole_pixels
from gpucal.steps.parts.slitless.source_boxes import SourceBoxes


def boxes_of(objects: Sequence) -> SourceBoxes:
    """The boxes of objects.

    Parameters
    ----------
    objects : sequence
        Each has ``sid``, ``xcentroid``, ``ycentroid``, ``sky_centroid`` (``ra`` and ``dec``), ``is_extended``, and
        ``order_bounding``: by order, the first and last row, and the first and last column.

    Raises
    ------
    GpucalError
        If one lacks something.
    """
    rows = []
    try:
        for one in objects:
            center = [float(getattr(axis, "deg", axis)) for axis in (one.sky_centroid.ra, one.sky_centroid.dec)]
            place = [float(np.ravel(axis)[0]) for axis in (one.xcentroid, one.ycentroid)]
            for order, (y, x) in one.order_bounding.items():
                rows.append((one.sid, order, [*x, *y], place, center, bool(one.is_extended)))
    except (AttributeError, TypeError, ValueError) as error:
        raise GpucalError(f"grism_objects: these are no objects of grisms ({error})") from error
    label, order, edges, place, center, is_extended = zip(*rows, strict=True) if rows else ((),) * 6
    return SourceBoxes(
        np.array(label, np.int64),
        np.array(order, np.int64),
        whole_pixels(np.array(edges, float).reshape(-1, 4)),
        np.array(place, float).reshape(-1, 2),
        np.array(center, float).reshape(-1, 2),
        np.array(is_extended, bool),
    )
