"""Whether the arrays of an exposure fit each other: compiled loops count on it."""

from __future__ import annotations

from gpucal.data.exposure import Exposure
from gpucal.data.slits import LISTS, Slit, slits_of

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

# Of a slit, some arrays have the axes of its data, which may be a series of images, and others those of an image.
_AS_DATA_OF_SLIT = ("data", "dq", "err", "var_poisson", "var_rnoise", "var_flat")
_IMAGES_OF_SLIT = (
    "barshadow", "flatfield_point", "flatfield_uniform", "pathloss_point", "pathloss_uniform", "photom_point",
    "photom_uniform", "trace_model", "wavelength", "wht",
)  # fmt: skip
_SLIT = {
    **dict.fromkeys((*_AS_DATA_OF_SLIT, *_IMAGES_OF_SLIT), ("ny", "nx")),
    "area": (ANY, ANY),  # used by no step; jwst gives the first spectrum of a field that of the whole frame
}
_SLIT_SERIES = {**_SLIT, **dict.fromkeys(_AS_DATA_OF_SLIT, ("nints", "ny", "nx"))}

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
    """What does not fit, in words, if an array has another shape than the main array of its exposure or slit asks for.

    Parameters
    ----------
    exposure : Exposure
        Of any type. Only the arrays in `AXES`, and those of slits, are held against the main one.

    Returns
    -------
    str or None
        Names the array, its shape, and the one that it has to have.
    """
    if exposure.model_type not in ("SlitModel", *LISTS):
        return _misfit(exposure, AXES.get(exposure.model_type), exposure.model_type)
    for slit in slits_of(exposure):
        axes = _SLIT_SERIES if len(slit.shape_of("data") or ()) == 3 else _SLIT
        if fault := _misfit(slit, axes, exposure.model_type):
            return fault if exposure.model_type == "SlitModel" else f"slit {slit.name}: {fault}"
    return None


def _misfit(holder: Exposure | Slit, expected: dict[str, tuple], model_type: str) -> str | None:
    """What does not fit in an exposure or a slit."""
    main = holder.shape_of("data")
    if expected is None or main is None:
        return None
    if len(main) != len(expected["data"]):
        axes = ", ".join(expected["data"])
        return f"its array data has shape {main}; in a model of type {model_type} it has the axes ({axes})"
    lengths = dict(zip(expected["data"], main, strict=True))
    if "nstripes" in expected.get("pixeldq", ()):
        lengths["nstripes"] = getattr(holder.meta.subarray, "num_superstripe", None)
    for name, axes in expected.items():
        shape, wanted = _shape_of(holder, name), tuple(lengths.get(axis, axis) for axis in axes)
        if shape is not None and not _fits(shape, wanted):
            return f"its array {name} has shape {shape}; beside data of shape {main} it has to have {wanted}"
    return None


def _shape_of(holder: Exposure | Slit, name: str) -> tuple[int, ...] | None:
    """The shape of an array, in the model itself or among the extensions that its schema does not list."""
    tree = holder.values if isinstance(holder, Slit) else holder.model._instance
    unlisted = tree.get("extra_fits", {}).get(name.upper(), {}).get("data")
    return holder.shape_of(name) if unlisted is None else unlisted.shape


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    axes_agree = all(length in (ANY, own) for own, length in zip(shape, wanted, strict=False))
    return len(shape) == len(wanted) and axes_agree
