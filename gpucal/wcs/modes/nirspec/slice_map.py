"""The slices of the IFU in the world coordinates of an exposure, and the image that tells which slice a pixel is in.

The coordinates of an exposure take the number of a slice, from 0, or they have the image in front, whose labels
are that number and one.
"""

import math

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.errors import NoScienceData
from gpucal.wcs import frames
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.open_slits import boxes_in, of_one_slit
from gpucal.wcs.modes.nirspec.slice_transforms import NSLICES
from gpucal.wcs.nodes import bounding_box, chain, constant, identity, kind_of, node, remap, with_names
from gpucal.wcs.world import Wcs

# Rows and columns of the image.
SHAPE = 2048, 2048

# Which of the coordinates on a slicer tells the slice, how many decimals of it, metres, and how near it has to be.
_DECIMALS, _NEAR = 5, 1e-4

_PIXEL, _PLACE = ("x", "y"), ("x_slice", "y_slice", "lam")


def takes_slice(wcs: Wcs) -> bool:
    """Whether a WCS takes the number of a slice of the IFU."""
    return any(kind_of(one) == "gwa_to_slit" and not np.iterable(one["slits"][0]) for one in wcs.transforms)


def slice_wcs(wcs: Wcs, number: int) -> Wcs:
    """The WCS of one slice: from detector pixels alone.

    Parameters
    ----------
    wcs : Wcs
        That takes the number of a slice.
    number : int
        Of the slice, from 0.
    """
    first, *rest = (of_one_slit(transform, number) for transform in wcs.transforms)
    box = boxes_in(wcs).get(number)
    if box is not None:
        first["bounding_box"] = bounding_box(**dict(zip(first["inputs"], box, strict=True)))
    return Wcs(wcs.frames, (first, *rest), wcs.name)


def labels_of(wcs: Wcs) -> np.ndarray:
    """Which slice each pixel is in.

    Parameters
    ----------
    wcs : Wcs
        That takes the number of a slice.

    Returns
    -------
    (2048, 2048) int32 array
        On the host: the number of the slice from 1, the last one where it could be several, and 0 where a pixel has no
        wavelength in any.
    """
    backend = current_backend()
    labels = backend.xp.zeros(SHAPE, np.int32)
    for number in range(NSLICES):
        one = slice_wcs(wcs, number)
        rows, columns = map(_pixels_within, one.bounding_box[::-1], SHAPE)
        size = rows.stop - rows.start, columns.stop - columns.start
        if min(size) <= 0:
            continue
        wavelengths = one.program(end="slit_frame").of_results(2).on_grid(size, (columns.start, rows.start))[0]
        labels[rows, columns][backend.xp.isfinite(wavelengths)] = number + 1
    return backend.asnumpy(labels, TABLES)


def with_slice_map(wcs: Wcs, labels: np.ndarray) -> Wcs:
    """The WCS with the image of slices in front, which takes pixels alone.

    Parameters
    ----------
    wcs : Wcs
        That takes the number of a slice.
    labels : (ny, nx) int32 array
        See `labels_of`.

    Returns
    -------
    Wcs
        Frames ``coordinates``, ``detector``, ``slicer``, ``msa_frame`` and all that follow.

    Raises
    ------
    NoScienceData
        If there is no slice on the detector.
    """
    numbers = [int(label) - 1 for label in np.unique(labels) if label]
    if not numbers:
        raise NoScienceData("the light of no slice of the IFU falls on the detector")
    place = wcs.index_of("slicer")
    pixels = frames.plane("coordinates", _PIXEL, "pixel")
    in_front = with_names(identity(2), _PIXEL, _PIXEL, name="coord2det")
    beyond = [of_one_slit(transform, 0) for transform in wcs.transforms[place:]]
    return Wcs(
        (pixels, wcs.frames[0], *wcs.frames[place:]), (in_front, _selector(wcs, numbers, labels), *beyond), wcs.name
    )


def _selector(wcs: Wcs, numbers: list[int], labels: np.ndarray):
    # All slices have the same nodes up to the wheel: a file holds them once.
    to_wheel = [of_one_slit(transform, 0) for transform in wcs.transforms[: wcs.index_of("gwa")]]
    to_slicer = wcs.transforms[wcs.index_of("gwa") : wcs.index_of("slicer")]
    slices = {number: [*to_wheel, *(of_one_slit(one, number) for one in to_slicer)] for number in numbers}
    mapper = node(
        "label_mapper",
        inputs=list(_PIXEL),
        inverse=_by_place_on_slicer(slices),
        mapper=labels,
        no_label=0,
        outputs=["label"],
    )
    return node(
        "regions_selector",
        inputs=list(_PIXEL),
        label_mapper=mapper,
        name="det2slicer",
        outputs=list(_PLACE),
        selector={
            "labels": [number + 1 for number in numbers],
            "transforms": [_region(one, labels == number + 1) for number, one in slices.items()],
        },
        undefined_transform_value=float("nan"),
    )


def _region(transforms, is_inside: np.ndarray):
    """The transform of a slice to the plane of the slicer, and where on the detector its pixels are."""
    intervals = (np.flatnonzero(is_inside.any(axis=axis))[[0, -1]] for axis in (0, 1))
    ends = ((float(first) - 0.5, float(last) + 0.5) for first, last in intervals)
    box = bounding_box(**dict(zip(_PIXEL, ends, strict=True)))
    return with_names(chain(*transforms), _PIXEL, _PLACE, bounding_box=box)


def _by_place_on_slicer(slices: dict[int, list]):
    """The number of a slice by where it is across the slicer."""
    places, models = [], []
    for number, (*_, to_slicer) in slices.items():
        x = program_of(to_slicer).at(0.0, 0.0, 0.0)[0]
        places.append(round(float(x), _DECIMALS))
        models.append(chain(remap((0,), 3), constant(number + 1)))
    return node(
        "label_mapper",
        atol=_NEAR,
        inputs=list(_PLACE),
        inputs_mapping=remap((0,), 3),
        mapper={"labels": places, "models": models},
        no_label=0,
        outputs=["label"],
    )


def _pixels_within(interval: tuple[float, float], count: int) -> slice:
    """Those of so many pixels whose centers are in an interval, ends included."""
    first, last = max(0, math.ceil(interval[0])), min(count - 1, math.floor(interval[1]))
    return slice(first, max(first, last + 1))
