"""Spectra without slits: a grism spreads every source of the field, or one source of a series, over the detector.

The first transform leads from the dispersed image and the place of the source in the direct image to that place and the
wavelength; what follows is that of the direct image, with the wavelength and the spectral order beside.

Source: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/exp_types.html.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from gpucal.wcs import frames
from gpucal.wcs.modes.imaging import image_bounds, imaging_wcs, optics, subarray_shift
from gpucal.wcs.nodes import beside, chain, constant, identity, node, remap, shift, with_names
from gpucal.wcs.telescope import aberration, pointing_of, to_sky
from gpucal.wcs.velocity import velocity_correction
from gpucal.wcs.world import Wcs

DISPERSED = "grism_detector"
_IN_DISPERSED, _IN_IMAGE = ["x", "y", "x0", "y0", "order"], ["x", "y", "wavelength", "order"]


class Traces(NamedTuple):
    """Where a grism puts which wavelength: what a specwcs reference says, for each order.

    Attributes
    ----------
    orders : sequence of int
        The spectral orders.
    displ, dispx, dispy : sequence of node or list of node
        Wavelength, micron, and offsets from the source, pixels, by the parameter of the trace; a list holds the
        coefficients by the place of the source.
    invdispl, invdispx, invdispy : sequence or None
        The parameter by wavelength or offset.
    fwcpos_ref : float or None
        The angle of the wheel for which these hold, degrees.
    """

    orders: Sequence[int]
    displ: Sequence[Any]
    dispx: Sequence[Any]
    dispy: Sequence[Any]
    invdispl: Sequence[Any] | None = None
    invdispx: Sequence[Any] | None = None
    invdispy: Sequence[Any] | None = None
    fwcpos_ref: float | None = None


def grism_wcs(exposure, distortion, dispersion, filter_offsets=None) -> Wcs:
    """The WCS of a field of spectra.

    Parameters
    ----------
    exposure : Exposure
        An image.
    distortion : node
        See `gpucal.wcs.modes.imaging.imaging_wcs`.
    dispersion : node
        From the dispersed image to the direct one: see `niriss_dispersion` and its neighbours.
    filter_offsets : list of dict, optional
        The ``filters`` of a filteroffset reference.

    Returns
    -------
    Wcs
        Frames ``grism_detector``, ``detector``, ``v2v3``, ``v2v3vacorr`` and ``world``.

    Raises
    ------
    GpucalError
        If the header lacks the pointing.
    """
    image = imaging_wcs(exposure, distortion, filter_offsets)
    axes = ("x_dispersed", "y_dispersed") if exposure.meta.instrument.name == "MIRI" else ("x_grism", "y_grism")
    return Wcs(
        (
            frames.plane(DISPERSED, axes, "pixel"),
            *(_with_wavelength(one["name"], _renamed(one, f"{one['name']}spatial")) for one in image.frames[:-1]),
            _with_wavelength("world", _renamed(image.frames[-1], "sky")),
        ),
        (_at_rest(dispersion, exposure), *(beside(transform, identity(2)) for transform in image.transforms)),
    )


def series_wcs(exposure, distortion, dispersion, filter_offsets=None) -> Wcs:
    """The WCS of a series of the spectrum of one source, at the reference point of the aperture.

    Parameters
    ----------
    exposure, distortion, dispersion, filter_offsets
        See `grism_wcs`. The header has the reference point, XREF_SCI and YREF_SCI.

    Returns
    -------
    Wcs
        Frames ``grism_detector``, ``direct_image``, ``v2v3``, ``v2v3vacorr`` and ``world``; it takes x, y and order.
    """
    meta, pointing = exposure.meta, pointing_of(exposure)
    # These are pixels from 1, and taken as if from 0: as jwst 3.0.0, so that wavelengths are those of archives.
    x, y = _fixed(meta.wcsinfo.siaf_xref_sci), _fixed(meta.wcsinfo.siaf_yref_sci)
    at_source = chain(remap([0, 1, 0, 1, 2]), beside(identity(2), x, y, identity(1)))
    corner = subarray_shift(meta)
    to_full = [] if corner is None else [beside(corner, identity(1))]
    seen = ("v2", "v3")
    to_telescope = optics(meta, distortion, filter_offsets)
    if "bounding_box" not in to_telescope:
        to_telescope["bounding_box"] = image_bounds(to_telescope, exposure.shape_of("data"))
    return Wcs(
        (
            frames.plane(DISPERSED, ("x", "y"), "pixel"),
            _with_wavelength("direct_image", frames.plane("full_detector", ("dx", "dy"), "pixel")),
            _with_wavelength("v2v3", frames.plane("v2v3_spatial", seen, "deg")),  # so called, and arcsec as ever
            _with_wavelength("v2v3vacorr", frames.plane("v2v3vacorr_spatial", seen, "arcsec")),
            _with_wavelength("world", frames.sky("icrs")),
        ),
        (
            chain(*to_full, at_source, _at_rest(dispersion, exposure)),
            beside(to_telescope, identity(2)),
            beside(aberration(meta.velocity_aberration.scale_factor, pointing), identity(2)),
            beside(to_sky(pointing), identity(2)),
        ),
    )


def niriss_dispersion(traces: Traces, filter_name: str, wheel: float):
    """The transform of a grism of NIRISS, whose wheel stands at this angle, degrees.

    Way and way back are turned by the angle in opposite senses, as those of jwst 3.0.0.
    """
    angle, along = wheel - traces.fwcpos_ref, "Row" if filter_name.endswith("C") else "Column"
    content = {"xmodels": traces.dispx, "ymodels": traces.dispy}
    return _dispersion(
        "niriss_grism_dispersion",
        traces.orders,
        (f"NIRISSForward{along}GrismDispersion", f"niriss_forward_{along.lower()}_grism_dispersion",
         {**content, "lmodels": traces.displ, "theta": angle}),
        ("NIRISSBackwardGrismDispersion", "niriss_backward_grism_dispersion",
         {**content, "lmodels": traces.invdispl, "theta": -angle}),
    )  # fmt: skip


def nircam_dispersion(traces: Traces, pupil: str):
    """The transform of a grism of NIRCam; inverse polynomials, which old references have, are kept in it."""
    along = "Column" if pupil == "GRISMC" else "Row"
    content = {"xmodels": traces.dispx, "ymodels": traces.dispy, "lmodels": traces.displ}
    content |= {f"inv_{axis}models": getattr(traces, f"invdisp{axis}") for axis in "lxy"}
    return _dispersion(
        "nircam_grism_dispersion",
        traces.orders,
        (f"NIRCAMForward{along}GrismDispersion", f"nircam_forward_{along.lower()}_grism_dispersion", content),
        ("NIRCAMBackwardGrismDispersion", "nircam_backward_grism_dispersion", content),
    )


def miri_dispersion(traces: Traces):
    """The transform of the prism of MIRI without a slit."""
    content = {"xmodels": traces.dispx, "ymodels": traces.dispy}
    return _dispersion(
        "miri_wfss_dispersion",
        traces.orders,
        ("MIRIWFSSForwardDispersion", "miri_wfss_forward_dispersion", {**content, "lmodels": traces.displ}),
        ("MIRIWFSSBackwardDispersion", "miri_wfss_backward_dispersion", {**content, "lmodels": traces.invdispl}),
    )


def _dispersion(kind: str, orders: Sequence[int], there: tuple, back: tuple):
    """A transform and its inverse: for each what it is called in stdatamodels, its name, and its polynomials."""
    forward, backward = (
        node(kind, model_type=model, name=name, orders=[int(one) for one in orders], **content)
        for model, name, content in (there, back)
    )
    backward = with_names(backward, _IN_IMAGE, _IN_DISPERSED)
    return with_names(forward, _IN_DISPERSED, _IN_IMAGE, inverse=backward)


def _at_rest(dispersion, exposure):
    """The wavelengths that an observer at rest sees, where the header tells the velocity."""
    velocity = exposure.meta.wcsinfo.velosys
    if velocity is None:
        return dispersion
    return chain(dispersion, remap([0, 1, 2, 3]), beside(identity(2), velocity_correction(velocity), identity(1)))


def _with_wavelength(name: str, place):
    return frames.composite(name, place, frames.spectral("spectral", "wavelength"))


def _renamed(frame, name: str):
    return type(frame)({**frame, "name": name}, frame._tag)


def slits_of_grism(wcs: Wcs, boxes: Sequence, sources: Sequence, orders: Sequence[int]) -> list[Wcs]:
    """The WCS of each of many boxes about one order of one source, in the pixels of the box.

    Parameters
    ----------
    wcs : Wcs
        Of the field.
    boxes : sequence of (int, int, int, int)
        First row and column, rows and columns.
    sources : sequence of (float, float)
        x and y of the source in the direct image.
    orders : sequence of int
        The spectral order.

    Returns
    -------
    list of Wcs
        The same with a frame ``grism_slit`` before the first. All else is shared, and so is what boxes of the same
        source or order have in common: it is written once.
    """
    fixed = cache(_fixed)
    known, names = remap([0, 1, 0, 0, 0], 2), (_renamed(wcs.frames[0], "grism_slit"), *wcs.frames)
    made = []
    for (y, x, ny, nx), source, order in zip(boxes, sources, orders, strict=True):
        corner = beside(shift(x), shift(y))
        to_detector = chain(known, beside(corner, *(fixed(float(value)) for value in (*source, order))))
        to_detector["bounding_box"] = image_bounds(to_detector, (ny, nx))
        made.append(Wcs(names, (to_detector, *wcs.transforms), wcs.name))
    return made


def slit_of_series(wcs: Wcs, size, order: int) -> Wcs:
    """The WCS of the first rows of a series, of one order.

    Parameters
    ----------
    wcs : Wcs
        Of the series.
    size : tuple of int
        Columns and rows.
    order : int
        The spectral order.
    """
    to_image = chain(remap([0, 1, 0], 2), beside(shift(0), shift(0), _fixed(order)), wcs.transforms[0])
    to_image["bounding_box"] = image_bounds(to_image, size[::-1])
    return Wcs(wcs.frames, (to_image, *wcs.transforms[1:]), wcs.name)


def _fixed(value: float):
    """A constant whose way back is the same constant."""
    made = constant(value)
    made["inverse"] = constant(value)
    return made


def orders_of(wcs: Wcs) -> list[int]:
    """The spectral orders that a WCS knows, as it is or of a box."""
    waiting = [wcs.transforms[wcs.index_of(DISPERSED)]]
    while waiting:
        one = waiting.pop(0)
        if "orders" in one:
            return [int(order) for order in one["orders"]]
        waiting += one.get("forward", ())
    return []
