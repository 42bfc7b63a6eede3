"""What is told of a resampled spectrum: the values of its slit, its wavelengths, and where it lies on the sky."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.data.members import group_of
from gpucal.data.slits import Slit, Slits
from gpucal.steps.parts.mosaics.slit_drizzling import SlitImage
from gpucal.steps.parts.mosaics.slit_output import Output
from gpucal.wcs.footprint import polygons_of, s_region
from gpucal.wcs.slit_scale import box_on_sky, is_on_sky, narrowest_side, slit_on_sky
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Values of a slit that have keywords: all others are of the pixels that it was before.
KEPT = (
    "name", "xstart", "xsize", "ystart", "ysize", "slitlet_id", "shutter_id", "source_id", "source_name",
    "source_alias", "stellarity", "source_type", "ta_xpos", "ta_ypos", "source_xpos", "source_ypos", "shutter_state",
    "quadrant", "source_ra", "source_dec", "slit_xscale", "slit_yscale", "wavelength_corrected",
    "pathloss_correction_type", "barshadow_corrected",
)  # fmt: skip

# Metadata that a slit does not take from the exposure.
OWN = ("bunit_data", "bunit_err", "model_type", "wcsinfo")

SQUARE_RADIAN = (180 / np.pi * 3600) ** 2  # square arcseconds


def resampled_slit(image: SlitImage, output: Output, arrays: dict) -> Slit:
    """A slit of resampled arrays.

    Parameters
    ----------
    image : SlitImage
        The first that it is made of; not changed.
    output : Output
        The pixels it was resampled to.
    arrays : dict of str to array
        On the backend.

    Returns
    -------
    Slit
    """
    slit = image.slit
    values = {name: slit[name] for name in KEPT if slit[name] is not None}
    exposure = image.exposure
    listed = _listed(image.meta.instance, exposure.model.schema["properties"]["meta"])
    values["meta"] = _merged(listed, slit["meta"] or {})
    made = Slits.of_trees([values])[0]
    made["meta.asn.exptype"] = image.meta.asn.exptype or "SCIENCE"
    if (group := group_of(exposure)) is not None:
        made.values["meta"]["group_id"] = group
    if (kind := slit["meta.exposure.type"]) is not None:  # a fixed slit beside shutters has its own
        made["meta.exposure.type"] = kind
    for name, array in arrays.items():
        setattr(made, name, array)
    world = output.pixels.world()
    made.wavelength = wavelengths_in(world)
    made.set_wcs(output.pixels.wcs.to_tree())
    made["meta.photometry.pixelarea_steradians"] = output.area
    made["meta.photometry.pixelarea_arcsecsq"] = None if output.area is None else output.area * SQUARE_RADIAN
    region, span = region_of(world, output.pixels.wcs)
    made["meta.wcsinfo.s_region"] = region
    made["meta.wcsinfo.spectral_region"] = span
    return made


def wavelengths_in(world):
    """The wavelengths of resampled pixels, (rows, columns) float32 array on the backend; see `OutputPixels.world`."""
    return world[2].astype(np.float32)


def region_of(world, wcs: Wcs) -> tuple[str | None, list[float] | None]:
    """The box on the sky about resampled pixels, as S_REGION has it, and their least and greatest wavelength.

    Both are None where coordinates do not end on the sky.
    """
    if not is_on_sky(wcs):
        return None, None
    ra, dec, wavelength = current_backend().asnumpy(world)
    return s_region(box_on_sky(ra, dec)), [float(np.nanmin(wavelength)), float(np.nanmax(wavelength))]


def slit_region(region: str | None, output: Output, world, source: str) -> str:
    """S_REGION of a resampled spectrum of LRS: as wide as the slit by its own S_REGION.

    Without one, as where the references do not tell the corners of the slit, it is the box about its pixels.
    """
    corners = polygons_of(region)[0] if region else np.zeros((0, 2))
    if len(corners) != 4:
        log.warning("%s has no S_REGION: that of the product is a line, as the width of the slit is not known", source)
        return region_of(world, output.pixels.wcs)[0]
    ra, dec = current_backend().asnumpy(world[:2, [0, -1], [0, -1]])
    return s_region(slit_on_sky(narrowest_side(corners), ra, dec))


def place_in(output: Output, image: SlitImage) -> tuple[float, float] | None:
    """Where the source is among the resampled pixels, x and y; None where its own place is not known."""
    x, y = image.slit["source_xpos"], image.slit["source_ypos"]
    if x is None or y is None:
        return None
    own, grid = image.slit.get_wcs(), output.pixels.wcs
    world = own.program(own.frame_names[0]).at([x], [y])
    placed = grid.program(grid.frame_names[-1], grid.frame_names[0]).at(*world)
    return float(placed[0, 0]), float(placed[1, 0])


def _listed(tree: dict, schema: dict) -> dict:
    """What a schema lists of a tree of metadata: a slit takes no more from its exposure."""
    known = schema.get("properties")
    if known is None:
        return tree
    return {
        name: _listed(value, known[name]) if isinstance(value, dict) else value
        for name, value in tree.items()
        if name in known
    }


def _merged(exposure: dict, slit: dict) -> dict:
    """The metadata of an exposure and of a slit of it in one tree; what `OWN` names is of the slit alone."""
    made = {name: _copied(value) for name, value in exposure.items() if name not in OWN}
    for name, value in slit.items():
        if name in OWN:
            made[name] = _copied(value)
        elif isinstance(value, dict):
            made[name] = _merged_values(made.get(name), value)
        else:
            made.setdefault(name, value)
    made.pop("wcs", None)
    return made


def _merged_values(first, second: dict) -> dict:
    """Two trees in one, where both have a value that of the first."""
    made = _copied(second)
    for name, value in (first or {}).items():
        made[name] = _merged_values(value, made.get(name) or {}) if isinstance(value, dict) else value
    return made


def _copied(tree):
    """A tree of values of its own, with the same leaves."""
    return {name: _copied(value) for name, value in tree.items()} if isinstance(tree, dict) else tree
