"""The area of the pixels of images, and the map of it.

Source: the area reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/reference_files.html.
"""

import logging

from gpucal.reference import ReferenceFileError

log = logging.getLogger(__name__)

# What keywords of a reference are called in metadata.
AREAS = {"pixelarea_steradians": "PIXAR_SR", "pixelarea_arcsecsq": "PIXAR_A2"}


def areas_of(photom, area) -> dict[str, float | None]:
    """The area of a pixel, in steradians and in square arcseconds, that one of two references tells; None if neither.

    Parameters
    ----------
    photom : Reference
        Counts where there is no other.
    area : Reference or None
        Of areas of pixels.
    """
    source = photom if area is None else area
    found = {name: getattr(source.meta.photometry, name) for name in AREAS}
    for name, value in found.items():
        if value is None:
            log.warning("The keyword %s is missing from %s", AREAS[name], source.label)
    return {name: None if value is None else float(value) for name, value in found.items()}


def keep_pixel_area(exposure, photom, area) -> float | None:
    """Keep the area of a pixel, and the map of it where there is one; the area in steradians, if it is known."""
    if area is not None:
        exposure.area = _of_subarray(area, exposure)
    for name, value in areas_of(photom, area).items():
        setattr(exposure.meta.photometry, name, value)
    return exposure.meta.photometry.pixelarea_steradians


def _of_subarray(area, exposure):
    """The map of pixel areas, which has no keywords of a subarray: it is of the full frame."""
    subarray, whole = exposure.meta.subarray, area.array("data")
    ny, nx = exposure.shape_of("data")[-2:]
    y, x = (subarray.ystart or 1) - 1, (subarray.xstart or 1) - 1
    if y + ny > whole.shape[0] or x + nx > whole.shape[1]:
        raise ReferenceFileError(
            f"{area.label}: its {whole.shape} pixels do not cover the exposure {exposure.source}"
        )
    return whole[y : y + ny, x : x + nx].copy()
