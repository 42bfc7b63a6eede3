"""The light of sources in the direct image, pixel by pixel of their segments.

Source: the wfss_contam page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfss_contam/description.html.
"""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data import Exposure, InputError
from gpucal.data.reading import open_exposure
from gpucal.kernels.sources.background_maps import NoBackgroundError, background_mesh, interpolate
from gpucal.steps.parts.slitless.companions import IMAGE, SEGMENTS, companion
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# The background of the direct image: boxes along each axis, and the part of a box that has to be left after clipping.
BOXES_ALONG, LEAST_KNOWN = 5, 0.7


class Light(NamedTuple):
    """Pixels of sources, those of the same source side by side, in the order of their labels.

    Attributes
    ----------
    label : (n,) int64 array
        Which source they are of, on the host.
    flux : (n,) float64 array
        Surface brightness without the background, MJy/sr, on the backend.
    place : (2, n) float64 array
        x and y in the direct image that the dispersed one belongs to, on the backend.
    """

    label: np.ndarray
    flux: object
    place: object

    def of_sources(self, labels) -> "Light":
        """The pixels of some of the sources."""
        chosen = np.isin(self.label, labels)
        if chosen.all():
            return self
        places = current_backend().asarray(np.flatnonzero(chosen), TABLES)
        return Light(self.label[chosen], self.flux[places], self.place[:, places])


def direct_light(exposure: Exposure, wcs: Wcs) -> Light:
    """The light of the sources of an exposure.

    Parameters
    ----------
    exposure : Exposure
        Has a segmentation map and a direct image.
    wcs : Wcs
        Of the dispersed image, or of a box of it.

    Returns
    -------
    Light

    Raises
    ------
    InputError
        If map or image is missing, they are of different shapes, or the map has no source.
    """
    segments_path, image_path = companion(exposure, SEGMENTS), companion(exposure, IMAGE)
    segments, image, direct_wcs = _map_of(segments_path), *_image_of(image_path)
    if segments.shape != image.shape:
        raise InputError(
            f"{segments_path}: the segmentation map has shape {segments.shape}, and the direct image {image_path} has "
            f"{image.shape}; they have to be of one run of source_catalog"
        )
    y, x = np.nonzero(segments)
    if not len(y):
        raise InputError(f"{segments_path}: the segmentation map has no source")
    label = segments[y, x].astype(np.int64)
    order = np.argsort(label, kind="stable")
    y, x, label = y[order], x[order], label[order]
    backend = current_backend()
    rows, columns = backend.asarray(y, TABLES), backend.asarray(x, TABLES)
    flux = _known(without_background(image, image_path)[rows, columns].astype(np.float64), image_path)
    # Half a pixel is added here, and given back where pixel i of the dispersed image reaches from i to i + 1.
    sky = direct_wcs.program().of_results(0, 1).at_places(backend.asarray(np.stack([x + 0.5, y + 0.5]), TABLES))
    one = backend.xp.ones((2, len(y)))
    place = wcs.program("world", "detector").of_results(0, 1).at_places(backend.xp.concatenate([sky, one]))
    log.info("%d pixels of %d sources in %s", len(y), len(np.unique(label)), segments_path.name)
    return Light(label, flux, place)


def _known(flux, path: Path):
    """Surface brightness that is 0 where it is not known; it would spread over the spectra of others."""
    xp = current_backend().xp
    unknown = ~xp.isfinite(flux)
    count = int(unknown.sum())
    if not count or as_peer():
        return flux
    log.warning("%s: %d pixels of sources have no value, and count as dark", path, count)
    return xp.where(unknown, 0.0, flux)


def without_background(image, path: Path):
    """An image less its background, on the backend."""
    xp = current_backend().xp
    nowhere = xp.zeros(image.shape, bool)
    box = tuple(max(1, size // BOXES_ALONG) for size in image.shape)
    try:
        mesh = background_mesh(image, nowhere, box, LEAST_KNOWN)
    except NoBackgroundError as error:
        raise InputError(f"{path}: the direct image has no background ({error})") from error
    return image - interpolate(mesh.level, mesh.box, nowhere, np.float64)


def _map_of(path: Path) -> np.ndarray:
    with_map = open_exposure(path)
    return current_backend().asnumpy(with_map.data, TABLES)


def _image_of(path: Path):
    opened = open_exposure(path)
    if opened.shape_of("data") is None or len(opened.shape_of("data")) != 2:
        raise InputError(f"{path}: is no direct image")
    return opened.data, opened.get_wcs()
