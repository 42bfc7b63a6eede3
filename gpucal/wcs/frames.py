"""Coordinate frames as nodes of a tagged tree."""

from collections.abc import Sequence

from gpucal.startup.lazy import asdf

_GWCS = "tag:stsci.edu:gwcs/"
_UNIT = "tag:stsci.edu:asdf/unit/unit-1.0.0"
_ICRS = "tag:astropy.org:astropy/coordinates/frames/icrs-1.1.0"


def plane(name: str, axes: Sequence[str], unit: str):
    """A frame of two coordinates without a place on the sky, such as pixels or angles of the telescope.

    Parameters
    ----------
    name : str
        The name of the frame.
    axes : sequence of str
        Names of the coordinates.
    unit : str
        The unit of both.
    """
    return asdf.tagged.TaggedDict(
        {
            "axes_names": list(axes),
            "axes_order": [0, 1],
            "axis_physical_types": [f"custom:{axis}" for axis in axes],
            "name": name,
            "unit": [_unit(unit), _unit(unit)],
        },
        f"{_GWCS}frame2d-1.2.0",
    )


def sky(name: str = "world", axes: Sequence[str] = ("lon", "lat")):
    """Right ascension and declination, ICRS, degrees."""
    return asdf.tagged.TaggedDict(
        {
            "axes_names": list(axes),
            "axes_order": [0, 1],
            "axis_physical_types": ["pos.eq.ra", "pos.eq.dec"],
            "name": name,
            "reference_frame": asdf.tagged.TaggedDict({"frame_attributes": {}}, _ICRS),
            "unit": [_unit("deg"), _unit("deg")],
        },
        f"{_GWCS}celestial_frame-1.2.0",
    )


def spectral(name: str, axis: str = "lambda", unit: str = "um", place: int = 2):
    """A frame of one wavelength.

    Parameters
    ----------
    name : str
        The name of the frame.
    axis : str
        The name of the coordinate.
    unit : str
        Its unit.
    place : int
        Where it stands among the coordinates of a composite frame, from 0.
    """
    return asdf.tagged.TaggedDict(
        {
            "axes_names": [axis],
            "axes_order": [place],
            "axis_physical_types": ["em.wl"],
            "name": name,
            "unit": [_unit(unit)],
        },
        f"{_GWCS}spectral_frame-1.2.0",
    )


def voxels(name: str = "detector"):
    """The voxels of a cube: two coordinates of its images, and the number of the plane."""
    made = plane(name, ("x", "y", "z"), "pixel")
    made |= {"axes_order": [0, 1, 2], "axes_type": ["SPATIAL", "SPATIAL", "SPECTRAL"], "naxes": 3}
    return asdf.tagged.TaggedDict({**made, "unit": [_unit("pixel") for _ in range(3)]}, f"{_GWCS}frame-1.2.0")


def composite(name: str, *parts):
    """A frame of the coordinates of several."""
    return asdf.tagged.TaggedDict({"frames": list(parts), "name": name}, f"{_GWCS}composite_frame-1.0.0")


def _unit(name: str):
    made = asdf.tagged.TaggedString(name)
    made._tag = _UNIT
    return made
