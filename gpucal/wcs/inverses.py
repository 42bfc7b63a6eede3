"""The inverse of a transform, as a transform."""

import numpy as np

from gpucal.errors import GpucalError
from gpucal.wcs.fits_imaging import as_chain
from gpucal.wcs.nodes import (
    FROM_DIRECTIONS,
    affine,
    beside,
    chain,
    kind_of,
    linear,
    node,
    number_of_inputs,
    rotation,
    scale,
    shift,
    tabular,
    to_cartesian,
    to_spherical,
)


class NoInverseError(GpucalError):
    """A transform has no inverse that is known."""


def inverse_of(transform):
    """The inverse of a transform: the one that it names, or the one that its kind has.

    Parameters
    ----------
    transform : node

    Returns
    -------
    node

    Raises
    ------
    NoInverseError
        If it has none.
    """
    if transform.get("inverse") is not None:
        return transform["inverse"]
    make = _INVERSES.get(kind_of(transform))
    if make is None:
        raise NoInverseError(f"a transform of kind {kind_of(transform) or 'unknown'} names no inverse")
    return make(transform)


def _of_chain(transform):
    first, second = transform["forward"]
    return chain(inverse_of(second), inverse_of(first))


def _of_concatenation(transform):
    return beside(*map(inverse_of, transform["forward"]))


def _of_mapping(transform):
    """The inputs are found again if each is among the outputs: an identity where all coordinates are kept in place."""
    mapping, count = list(transform["mapping"]), number_of_inputs(transform)
    if missing := set(range(count)).difference(mapping):
        raise NoInverseError(f"a mapping of axes drops the axes {sorted(missing)}")
    names = {"inputs": transform.get("outputs"), "outputs": transform.get("inputs")}
    return node("remap_axes", mapping=[mapping.index(axis) for axis in range(count)], n_inputs=len(mapping), **names)


def _of_affine(transform):
    matrix = np.linalg.inv(np.asarray(transform["matrix"], float))
    translation = -matrix @ np.asarray(transform["translation"], float)
    return affine(matrix, translation)


def _of_coordinates(transform):
    """From direction cosines to a vector, or back; see `FROM_DIRECTIONS`."""
    from_directions = transform["model_type"] in FROM_DIRECTIONS
    directions, vector = ["x", "y", "z"], ["x", "y"]
    return node(
        "coords",
        inputs=vector if from_directions else directions,
        outputs=directions if from_directions else vector,
        model_type="unitless2directional" if from_directions else "directional2unitless",
    )


def _of_rotation_2d(transform):
    return type(transform)({**transform, "angle": -transform["angle"]}, transform._tag)


def _of_rotation_at_the_wheel(transform):
    turned = {"angles": [-angle for angle in transform["angles"][::-1]], "axes_order": transform["axes_order"][::-1]}
    return type(transform)({**transform, **turned}, transform._tag)


def _of_regions(transform):
    """The way back of each region, and the label by what comes out: label mappers name their inverse."""
    regions, labels = transform["selector"], transform["label_mapper"].get("inverse")
    if labels is None:
        raise NoInverseError("regions are not known by what comes out of them")
    return type(transform)(
        {
            "inputs": transform["outputs"],
            "outputs": transform["inputs"],
            "label_mapper": labels,
            "selector": {**regions, "transforms": [inverse_of(one) for one in regions["transforms"]]},
        },
        transform._tag,
    )


def _of_sphere(transform):
    wrap = transform.get("wrap_lon_at", 360)
    to_directions = transform["transform_type"] == "spherical_to_cartesian"
    return to_spherical(wrap) if to_directions else to_cartesian(wrap)


def _of_table(transform):
    """A table whose values increase or decrease throughout, read the other way."""
    values = np.asarray(transform["lookup_table"], float)
    if len(transform["points"]) != 1 or not (np.all(np.diff(values) > 0) or np.all(np.diff(values) < 0)):
        raise NoInverseError("the values of a table neither increase nor decrease throughout")
    return tabular(values, transform["points"][0], beyond=transform.get("fill_value"))


def _of_line(transform):
    """A line read the other way; nothing can be told by one that is level, but another coordinate may be taken."""
    slope, intercept = np.float64(transform["slope"]), np.float64(transform["intercept"])
    with np.errstate(divide="ignore", invalid="ignore"):
        return linear(1 / slope, -intercept / slope)


def _turned(transform, there: str, back: str):
    """The same node with its direction turned round."""
    made = type(transform)({**transform}, transform._tag)
    made["direction"] = back if transform["direction"] == there else there
    made["inputs"], made["outputs"] = transform.get("outputs"), transform.get("inputs")
    return made


_INVERSES = {
    "shift": lambda transform: shift(-transform["offset"]),
    "scale": lambda transform: scale(1 / transform["factor"]),
    "identity": lambda transform: transform,
    "remap_axes": _of_mapping,
    "linear1d": _of_line,
    "affine": _of_affine,
    "tabular": _of_table,
    "rotate_sequence_3d": lambda transform: rotation(
        [-angle for angle in transform["angles"][::-1]], transform["axes_order"][::-1]
    ),
    "coords": _of_coordinates,
    "rotate2d": _of_rotation_2d,
    "regions_selector": _of_regions,
    "rotation_sequence": _of_rotation_at_the_wheel,
    "gnomonic": lambda transform: _turned(transform, "pix2sky", "sky2pix"),
    "rotate3d": lambda transform: _turned(transform, "native2celestial", "celestial2native"),
    "spherical_cartesian": _of_sphere,
    "compose": _of_chain,
    "concatenate": _of_concatenation,
    "fitswcs_imaging": lambda transform: inverse_of(as_chain(transform)),
}
