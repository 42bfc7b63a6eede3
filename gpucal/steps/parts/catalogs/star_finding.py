"""Sources in an image: its background, and what stands out of it.

Source: the documentation of ``tweakreg`` and ``source_catalog``, https://jwst-pipeline.readthedocs.io, which share
these parameters.
"""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE
from gpucal.kernels.sources.background_maps import NoBackgroundError, background_maps
from gpucal.kernels.sources.star_profile import StarProfile
from gpucal.kernels.sources.stars import Selection, find_stars
from gpucal.kernels.statistics.large_sample import median_of
from gpucal.steps.parts.catalogs.segmentation import find_segments
from gpucal.steps.parts.limits import check_limits

log = logging.getLogger(__name__)

# Stars are the highest peaks within at least this distance, pixels.
LEAST_SEPARATION = 2

# Limits of the parameters of all finders, of those of stars, and of that of segments. Lengths are in pixels.
LIMITS = {"bkg_boxsize": (1, 1_000_000), "snr_threshold": (0, 1_000_000)}
STAR_LIMITS = LIMITS | {
    "kernel_fwhm": (0.01, 100),
    "sigma_radius": (0.01, 10),
    "minsep_fwhm": (0, 100),
    "brightest": (1, 1_000_000_000),
}
SEGMENT_LIMITS = LIMITS | {
    "kernel_fwhm": (0, 100),
    "npixels": (1, 1_000_000_000),
    "nlevels": (1, 10_000),
    "contrast": (0, 1),
    "localbkg_width": (0, 10_000),
}


class Sources(NamedTuple):
    """Sources of an image, on the host.

    Attributes
    ----------
    columns : dict of str to (nsources,) array
        ``id`` from 1; ``x`` and ``y``, pixels from 0; ``flux``, in the unit of the image; and what else the finder
        measures.
    segments : (ny, nx) int array or None
        Which source each pixel belongs to, or 0, where the finder tells.
    """

    columns: dict[str, np.ndarray]
    segments: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.columns["id"])


NO_SOURCES = Sources({"id": np.zeros(0, int)} | {name: np.zeros(0) for name in ("x", "y", "flux")})


def outside_of_image(dq):
    """The pixels that are not to be used or not on the sky, (ny, nx) bool array, of flags, (ny, nx) uint32 array."""
    return (dq & np.uint32(DO_NOT_USE | NON_SCIENCE)) != 0


def find_sources(image, mask, parameters, err=None) -> Sources:
    """Find the sources of an image that stand out of its background.

    Parameters
    ----------
    image : (ny, nx) float array
        On the backend; values that are not finite do not count.
    mask : (ny, nx) bool array
        The pixels that are not on the sky, or not to be used; see `outside_of_image`.
    parameters : object
        Has these as attributes, as a step does. Of all finders: ``starfinder`` (``dao``, ``iraf`` or
        ``segmentation``), ``bkg_boxsize``, ``snr_threshold``, ``kernel_fwhm``. Of ``dao`` and ``iraf``:
        ``minsep_fwhm``, ``sigma_radius``, ``sharplo``, ``sharphi``, ``roundlo``, ``roundhi``, ``brightest``,
        ``peakmax``. For those of ``segmentation`` see `gpucal.steps.parts.catalogs.segmentation.find_segments`.
    err : (ny, nx) float array, optional
        Errors, for those of the fluxes of segments.

    Returns
    -------
    Sources
        None, with a warning, where no pixel tells the background or nothing stands out.

    Raises
    ------
    GpucalError
        If a parameter is out of its limits.
    ValueError
        If the mask has another shape.
    """
    check_limits(parameters, SEGMENT_LIMITS if parameters.starfinder == "segmentation" else STAR_LIMITS)
    try:
        background, noise = background_maps(image, mask, parameters.bkg_boxsize)
    except NoBackgroundError as error:
        log.warning("No sources are looked for: %s", error)
        return NO_SOURCES
    signal, least = image - background, image.dtype.type(parameters.snr_threshold) * noise
    if parameters.starfinder == "segmentation":
        columns, segments = find_segments(signal, mask, least, parameters, err)
    else:
        columns, segments = _find_stars(signal, mask, least, parameters), None
    if not len(columns["flux"]):
        log.warning("No sources are found")
        return NO_SOURCES
    return Sources({"id": np.arange(1, len(columns["flux"]) + 1)} | columns, segments)


def _find_stars(signal, mask, least, parameters):
    threshold = median_of(least.ravel())
    selection = Selection(
        separation=max(LEAST_SEPARATION, int(parameters.minsep_fwhm * parameters.kernel_fwhm + 0.5)),
        sharpness=(parameters.sharplo, parameters.sharphi),
        roundness=(parameters.roundlo, parameters.roundhi),
        highest_peak=parameters.peakmax,
        brightest=parameters.brightest,
    )
    profile = StarProfile.of(parameters.kernel_fwhm, parameters.sigma_radius)
    return find_stars(signal, mask, parameters.starfinder, threshold, profile, selection)
