"""Transforms as nodes of a tagged tree, as ASDF documents hold them: what they are, and new ones.

Sources: the transform schemas of the ASDF standard, https://www.asdf-format.org/projects/asdf-transform-schemas, of
gwcs, https://gwcs.readthedocs.io, and of stdatamodels, https://stdatamodels.readthedocs.io/en/latest/jwst/transforms.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.startup.lazy import asdf

_TRANSFORM = "tag:stsci.edu:asdf/transform/"
_GWCS = "tag:stsci.edu:gwcs/"
_JWST = "tag:stsci.edu:jwst_pipeline/"

# The tags of new nodes, by kind.
TAGS = {
    "shift": f"{_TRANSFORM}shift-1.4.0",
    "scale": f"{_TRANSFORM}scale-1.4.0",
    "constant": f"{_TRANSFORM}constant-1.6.0",
    "identity": f"{_TRANSFORM}identity-1.4.0",
    "remap_axes": f"{_TRANSFORM}remap_axes-1.5.0",
    "linear1d": f"{_TRANSFORM}linear1d-1.2.0",
    "affine": f"{_TRANSFORM}affine-1.5.0",
    "compose": f"{_TRANSFORM}compose-1.4.0",
    "concatenate": f"{_TRANSFORM}concatenate-1.4.0",
    "add": f"{_TRANSFORM}add-1.4.0",
    "subtract": f"{_TRANSFORM}subtract-1.4.0",
    "multiply": f"{_TRANSFORM}multiply-1.4.0",
    "divide": f"{_TRANSFORM}divide-1.4.0",
    "polynomial": f"{_TRANSFORM}polynomial-1.3.0",
    "tabular": f"{_TRANSFORM}tabular-1.4.0",
    "rotate_sequence_3d": f"{_TRANSFORM}rotate_sequence_3d-1.2.0",
    "bounding_box": f"{_TRANSFORM}property/bounding_box-1.2.0",
    "compound_bounding_box": f"{_TRANSFORM}property/compound_bounding_box-1.2.0",
    "gnomonic": f"{_TRANSFORM}gnomonic-1.4.0",
    "rotate3d": f"{_TRANSFORM}rotate3d-1.5.0",
    "spherical_cartesian": f"{_GWCS}spherical_cartesian-1.3.0",
    "fitswcs_imaging": f"{_GWCS}fitswcs_imaging-1.0.0",
    "grating_equation": f"{_GWCS}grating_equation-1.3.0",
    "coords": f"{_JWST}coords-1.2.0",
    "gwa_to_slit": f"{_JWST}gwa_to_slit-1.2.0",
    "label_mapper": f"{_GWCS}label_mapper-1.3.0",
    "logical": f"{_JWST}logical-1.2.0",
    "miri_wfss_dispersion": f"{_JWST}miri_wfss_dispersion-1.0.0",
    "nircam_grism_dispersion": f"{_JWST}nircam_grism_dispersion-1.2.0",
    "niriss_grism_dispersion": f"{_JWST}niriss_grism_dispersion-1.2.0",
    "miri_ab2slice": f"{_JWST}miri_ab2slice-1.2.0",
    "niriss_soss": f"{_JWST}niriss_soss-1.2.0",
    "refraction_index_from_prism": f"{_JWST}refraction_index_from_prism-1.2.0",
    "regions_selector": f"{_GWCS}regions_selector-1.3.0",
    "rotation_sequence": f"{_JWST}rotation_sequence-1.2.0",
    "slit_to_msa": f"{_JWST}slit_to_msa-1.2.0",
    "snell": f"{_JWST}snell-1.2.0",
}


# What transforms of the kind ``coords`` from direction cosines to a vector are called; others lead there.
FROM_DIRECTIONS = ("directional2unitless", "from_dircos")


def kind_of(node) -> str:
    """What a node is: the name of its tag without version, such as ``shift`` or ``compose``; empty if it has none."""
    tag = getattr(node, "_tag", None) or ""
    return tag.rpartition("/")[2].rpartition("-")[0]


def node(kind: str, **content):
    """A new node of this kind."""
    return asdf.tagged.TaggedDict({name: value for name, value in content.items() if value is not None}, TAGS[kind])


def shift(offset: float, name: str | None = None):
    """A coordinate moved by a constant."""
    return node("shift", inputs=["x"], name=name, offset=float(offset), outputs=["y"])


def scale(factor: float, name: str | None = None):
    """A coordinate times a constant."""
    return node("scale", factor=float(factor), inputs=["x"], name=name, outputs=["y"])


def affine(matrix, translation, name: str | None = None):
    """Two coordinates times a matrix, moved by constants."""
    axes = ["x", "y"]
    return node("affine", inputs=axes, matrix=matrix, name=name, outputs=axes, translation=translation)


def constant(value: float, name: str | None = None):
    """A constant, whatever the coordinate."""
    return node("constant", dimensions=1, inputs=["x"], name=name, outputs=["y"], value=float(value))


def line(slope: float):
    """A coordinate times a constant, as a polynomial."""
    return node("polynomial", coefficients=np.array([0.0, slope]), inputs=["x"], outputs=["y"])


def linear(slope: float, intercept: float):
    """A coordinate times a constant, plus a constant."""
    return node("linear1d", inputs=["x"], intercept=float(intercept), outputs=["y"], slope=float(slope))


def identity(count: int):
    """Coordinates as they are."""
    axes = [f"x{number}" for number in range(count)]
    return node("identity", inputs=axes, n_dims=count, outputs=axes)


def remap(axes: Sequence[int], count: int | None = None, *, inverse=None):
    """Some of the coordinates, in this order; ``count`` tells how many there are, if not up to the last one named."""
    ninputs = max(axes) + 1 if count is None else count
    return node(
        "remap_axes",
        inputs=[f"x{number}" for number in range(ninputs)],
        inverse=inverse,
        mapping=list(axes),
        n_inputs=ninputs,
        outputs=[f"x{number}" for number in range(len(axes))],
    )


def arithmetic(kind: str, left, right):
    """What two transforms give of the same coordinates: ``add``, ``subtract``, ``multiply`` or ``divide``."""
    inputs = _names(left, "inputs", "x", number_of_inputs(left))
    outputs = _names(left, "outputs", "y", number_of_outputs(left))
    return node(kind, forward=[left, right], inputs=inputs, outputs=outputs)


def tabular(points, values, name: str | None = None, beyond: float | None = np.nan):
    """A table of one coordinate, linear between its points.

    Parameters
    ----------
    points, values : (n,) float64 array
        The points increase or decrease throughout.
    name : str, optional
        The name of the transform.
    beyond : float, optional
        The value beyond the points; None for a line through the two at the end.
    """
    return node(
        "tabular",
        bounds_error=False,
        fill_value=beyond,
        inputs=["x"],
        lookup_table=np.ascontiguousarray(values, float),
        method="linear",
        name=name,
        outputs=["y"],
        points=[np.ascontiguousarray(points, float)],
    )


def beside(*nodes, name: str | None = None):
    """Each transform on coordinates of its own."""
    made = nodes[0]
    for one in nodes[1:]:
        inputs = [f"x{number}" for number in range(number_of_inputs(made) + number_of_inputs(one))]
        outputs = [f"y{number}" for number in range(number_of_outputs(made) + number_of_outputs(one))]
        made = node("concatenate", forward=[made, one], inputs=inputs, outputs=outputs)
    return _named(made, name)


def chain(*nodes, name: str | None = None):
    """One transform after another."""
    made = nodes[0]
    for one in nodes[1:]:
        made = node(
            "compose",
            forward=[made, one],
            inputs=_names(made, "inputs", "x", number_of_inputs(made)),
            outputs=_names(one, "outputs", "y", number_of_outputs(one)),
        )
    return _named(made, name)


def with_names(transform, inputs: Sequence[str], outputs: Sequence[str], **content):
    """The same transform with names of its coordinates, and more content such as ``name`` or ``inverse``."""
    added = {name: value for name, value in content.items() if value is not None}
    return type(transform)({**transform, "inputs": list(inputs), "outputs": list(outputs), **added}, transform._tag)


def to_cartesian(wrap_lon_at: int):
    """From longitude and latitude, degrees, to a direction."""
    return node(
        "spherical_cartesian",
        inputs=["lon", "lat"],
        outputs=["x", "y", "z"],
        transform_type="spherical_to_cartesian",
        wrap_lon_at=wrap_lon_at,
    )


def to_spherical(wrap_lon_at: int):
    """From a direction to longitude and latitude, degrees."""
    return node(
        "spherical_cartesian",
        inputs=["x", "y", "z"],
        outputs=["lon", "lat"],
        transform_type="cartesian_to_spherical",
        wrap_lon_at=wrap_lon_at,
    )


def rotation(angles: Sequence[float], axes: str):
    """A direction turned by angles, degrees, about the axes x, y and z named, one after another."""
    return node(
        "rotate_sequence_3d",
        angles=[float(angle) for angle in angles],
        axes_order=axes,
        inputs=["x", "y", "z"],
        outputs=["x", "y", "z"],
        rotation_type="cartesian",
    )


def to_plane_of(longitude: float, latitude: float):
    """From the sky to the plane that touches it at a point, degrees; the second coordinate points north there."""
    native = node(
        "rotate3d",
        direction="celestial2native",
        inputs=["alpha_C", "delta_C"],
        outputs=["phi_N", "theta_N"],
        phi=float(longitude),
        psi=180.0,
        theta=float(latitude),
    )
    projection = node("gnomonic", direction="sky2pix", inputs=["phi", "theta"], outputs=["x", "y"])
    return chain(native, projection)


def from_plane_of(longitude: float, latitude: float):
    """From the plane that touches the sky at a point to the sky, degrees; see `to_plane_of`."""
    projection = node("gnomonic", direction="pix2sky", inputs=["x", "y"], outputs=["phi", "theta"])
    native = node(
        "rotate3d",
        direction="native2celestial",
        inputs=["phi_N", "theta_N"],
        outputs=["alpha_C", "delta_C"],
        phi=float(longitude),
        psi=180.0,
        theta=float(latitude),
    )
    return chain(projection, native)


def bounding_box(**intervals: tuple[float, float]):
    """Where a transform holds: an interval for each input, the first input first."""
    return node("bounding_box", ignore=[], intervals={name: list(ends) for name, ends in intervals.items()}, order="F")


def number_of_inputs(node) -> int:
    """How many coordinates a transform takes.

    Raises
    ------
    KeyError
        If its kind is not known, and it does not say.
    """
    return len(node["inputs"]) if "inputs" in node else _COUNTS[kind_of(node)](node)[0]


def number_of_outputs(node) -> int:
    """How many coordinates a transform gives; see `number_of_inputs`."""
    return len(node["outputs"]) if "outputs" in node else _COUNTS[kind_of(node)](node)[1]


def _names(node, which: str, letter: str, count: int) -> list[str]:
    return list(node.get(which) or (f"{letter}{number}" for number in range(count)))


def _named(node, name: str | None):
    if name is not None:
        node["name"] = name
    return node


def _of_arithmetic(node) -> tuple[int, int]:
    left = node["forward"][0]
    return number_of_inputs(left), number_of_outputs(left)


def _of_concatenation(node) -> tuple[int, int]:
    parts = node["forward"]
    return sum(map(number_of_inputs, parts)), sum(map(number_of_outputs, parts))


def _of_constant(node) -> tuple[int, int]:
    return node.get("dimensions", 1), 1


def _of_rotation(node) -> tuple[int, int]:
    return (2, 2) if node.get("rotation_type") == "spherical" else (3, 3)


def _of_fixed(node) -> tuple[int, int]:
    transform, fixed = node["forward"]
    return number_of_inputs(transform) - len(fixed["keys"]), number_of_outputs(transform)


def _of_mapping(node) -> tuple[int, int]:
    return node.get("n_inputs", max(node["mapping"]) + 1), len(node["mapping"])


# Inputs and outputs of nodes that do not name them, by kind.
_COUNTS = {
    "shift": lambda node: (1, 1),
    "scale": lambda node: (1, 1),
    "multiplyscale": lambda node: (1, 1),
    "identity": lambda node: (node.get("n_dims", 1),) * 2,
    "constant": _of_constant,
    "remap_axes": _of_mapping,
    "linear1d": lambda node: (1, 1),
    "affine": lambda node: (2, 2),
    "polynomial": lambda node: (node["coefficients"].ndim, 1),
    "tabular": lambda node: (len(node["points"]), 1),
    "rotate_sequence_3d": _of_rotation,
    "rotate2d": lambda node: (2, 2),
    "rotate3d": lambda node: (2, 2),
    "gnomonic": lambda node: (2, 2),
    "fitswcs_imaging": lambda node: (2, 2),
    "spherical_cartesian": lambda node: (2, 3) if node["transform_type"] == "spherical_to_cartesian" else (3, 2),
    "compose": lambda node: (number_of_inputs(node["forward"][0]), number_of_outputs(node["forward"][1])),
    "concatenate": _of_concatenation,
    "add": _of_arithmetic,
    "subtract": _of_arithmetic,
    "multiply": _of_arithmetic,
    "divide": _of_arithmetic,
    "power": _of_arithmetic,
    "fix_inputs": _of_fixed,
    "logical": lambda node: (1, 1),
    "coords": lambda node: (3, 2) if node["model_type"] in FROM_DIRECTIONS else (2, 3),
    "rotation_sequence": lambda node: (3, 3),
    "snell": lambda node: (4, 3),
    "refraction_index_from_prism": lambda node: (3, 1),
}
