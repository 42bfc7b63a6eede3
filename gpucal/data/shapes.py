"""Whether the arrays of an exposure fit each other: compiled loops count on it."""

from __future__ import annotations

from gpucal.data.exposure import Exposure

ANY = "any"  # an axis of any length

# What the axes of arrays count: the main array comes first, and the others have axes of its.
_RAMP = {
    "data": ("nints", "ngroups", "ny", "nx"),
    "groupdq": ("nints", "ngroups", "ny", "nx"),
    "pixeldq": ("ny", "nx"),
    "zeroframe": ("nints", "ny", "nx"),
    "err": ("nints", "ngroups", "ny", "nx"),  # of early ramps, and used by no step
    "refout": ("nints", "ngroups", ANY, ANY),  # read beside the pixels of MIRI, and used by no step
    "average_dark_current": ("ny", "nx"),
}
_IMAGE = {name: ("ny", "nx") for name in ("data", "err", "dq", "var_poisson", "var_rnoise", "var_flat")}
_CUBE = {name: ("nints", *axes) for name, axes in _IMAGE.items()}

# The axes of the arrays that steps use, by type of model.
AXES = {
    "CubeModel": _CUBE,
    "GuiderCalModel": {**_CUBE, "dq": ("ny", "nx")},
    "GuiderRawModel": {"data": _RAMP["data"], "err": _RAMP["data"], "dq": ("ny", "nx")},
    "IFUImageModel": _IMAGE,
    "ImageModel": _IMAGE,
    "RampModel": _RAMP,
    "SuperstripeRampModel": {**_RAMP, "pixeldq": ("nstripes", "ny", "nx")},
}


def misfit(exposure: Exposure) -> str | None:
    """What does not fit, in words, if an array of an exposure has another shape than the main array asks for.

    Parameters
    ----------
    exposure : Exposure
        Of any type. Only the arrays in `AXES` are held against the main one.

    Returns
    -------
    str or None
        Names the array, its shape, and the one that it has to have.
    """
    expected, main = AXES.get(exposure.model_type), exposure.shape_of("data")
    if expected is None or main is None:
        return None
    if len(main) != len(expected["data"]):
        axes = ", ".join(expected["data"])
        return f"its array data has shape {main}; in a model of type {exposure.model_type} it has the axes ({axes})"
    lengths = dict(zip(expected["data"], main, strict=True))
    lengths["nstripes"] = getattr(exposure.meta.subarray, "num_superstripe", None)
    for name, axes in expected.items():
        shape, wanted = _shape_of(exposure, name), tuple(lengths.get(axis, axis) for axis in axes)
        if shape is not None and not _fits(shape, wanted):
            return f"its array {name} has shape {shape}; beside data of shape {main} it has to have {wanted}"
    return None


def _shape_of(exposure: Exposure, name: str) -> tuple[int, ...] | None:
    """The shape of an array, in the model itself or among the extensions that its schema does not list."""
    unlisted = exposure.model._instance.get("extra_fits", {}).get(name.upper(), {}).get("data")
    return exposure.shape_of(name) if unlisted is None else unlisted.shape


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    axes_agree = all(length in (ANY, own) for own, length in zip(shape, wanted, strict=False))
    return len(shape) == len(wanted) and axes_agree
