"""Instructions of transforms that are different from region to region, and of the labels that tell the regions.

A program evaluates all regions and chooses: it is meant for points, and for few regions. Where an image tells the
labels, `gpucal.wcs.slices` runs the program of each region on its own pixels.

Sources: the label mappers of gwcs, https://gwcs.readthedocs.io/en/latest/gwcs/ifu.html, and of stdatamodels,
https://stdatamodels.readthedocs.io/en/latest/jwst/transforms.
"""

from collections.abc import Callable

import numpy as np

from gpucal.errors import GpucalError
from gpucal.kernels.wcs import instructions as op

_NO_LABEL = 0.0

# Of a coordinate that is as good as equal to a key, as `numpy.isclose` has it.
_RELATIVE, _ABSOLUTE = 1e-5, 1e-8


class LabelsOfImageError(GpucalError):
    """The region is told by an image: there is a program for each label, and none for all."""


def _regions(lowering, transform, inputs):
    """What the transform of the label gives; nothing known where there is none for it."""
    (label,) = lowering.lower(transform["label_mapper"], inputs)
    regions, unknown = transform["selector"], transform.get("undefined_transform_value", np.nan)
    count = len(transform["outputs"])
    outputs = lowering.add(op.CONSTANT, 1, (), (unknown,)) * count
    for number, region in zip(regions["labels"], regions["transforms"], strict=True):
        made = lowering.lower(region, inputs)
        outputs = _chosen(lowering, label, (number - 0.5, number + 0.5), made, outputs)
    return outputs


def _label(lowering, transform, inputs):
    """The label of a region, by a table of intervals, of numbers, or by a transform."""
    mapper, mapping = transform["mapper"], transform.get("inputs_mapping")
    if isinstance(mapper, np.ndarray):
        raise LabelsOfImageError("an image tells which transform applies: see gpucal.wcs.slices")
    keys = inputs if mapping is None else lowering.lower(mapping, inputs)
    if getattr(mapper, "_tag", None):
        return lowering.lower(mapper, keys)
    label = lowering.add(op.CONSTANT, 1, (), (_NO_LABEL,))
    for key, region in zip(mapper["labels"], mapper["models"], strict=True):
        made = lowering.lower(region, inputs)
        ends = key if np.iterable(key) else _near(key, transform.get("atol", _ABSOLUTE))
        label = _chosen(lowering, keys[0], ends, made, label)
    return label


def _near(key: float, tolerance: float) -> tuple[float, float]:
    """Between which numbers those are that are as good as equal to a key."""
    tolerance += _RELATIVE * abs(key)
    return key - tolerance, key + tolerance


def _chosen(lowering, key: int, ends, inside, otherwise):
    """Some registers where a key is between two numbers, others elsewhere."""
    return tuple(
        register
        for pair in zip(inside, otherwise, strict=True)
        for register in lowering.add(op.WITHIN, 1, (key, *pair), ends)
    )


def _slice_of_mrs(lowering, transform, inputs):
    """The number of a slice of the MRS by the coordinate across slices, from the middle of the first one."""
    (place,) = lowering.add(op.SHIFT, 1, inputs, (-transform["beta_zero"],))
    (width,) = lowering.add(op.CONSTANT, 1, (), (transform["beta_del"],))
    (place,) = lowering.add(op.DIVIDE, 1, (place, width))
    (number,) = lowering.add(op.SHIFT, 1, (place,), (transform["channel"] * 100,))
    return lowering.add(op.ROUND, 1, lowering.add(op.SHIFT, 1, (number,), (1,)))


LOWERINGS_OF_LABELS: dict[str, Callable] = {
    "regions_selector": _regions,
    "label_mapper": _label,
    "miri_ab2slice": _slice_of_mrs,
}
