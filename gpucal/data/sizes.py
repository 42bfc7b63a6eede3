"""Keywords that tell the size of an exposure: where they and the array disagree, the array counts."""

from __future__ import annotations

import logging

from gpucal.data.exposure import Exposure
from gpucal.data.shapes import AXES

log = logging.getLogger(__name__)

# Rows and columns that the keywords tell of images with interleaved reference pixels (IRS2), and those they have.
INTERLEAVED = (2048, 2048), (3200, 2048)


def follow_array(exposure: Exposure) -> None:
    """Correct keywords that tell another size than the main array has, with a warning.

    From then on keywords and array agree, and whoever needs a size may ask either.

    Parameters
    ----------
    exposure : Exposure
        Its metadata are edited; keywords that are missing stay missing. Those of IRS2 images do not count interleaved
        pixels. Of a segment, NINTS counts the integrations of all segments, INTSTART and INTEND those of this one.
    """
    axes, shape = AXES.get(exposure.model_type, {}).get("data"), exposure.shape_of("data")
    if axes is None or shape is None:
        return
    lengths = dict(zip(axes, shape, strict=True))
    keywords, subarray = exposure.meta.exposure, exposure.meta.subarray
    if "nints" in lengths:
        _count_integrations(exposure, lengths["nints"])
    if "ngroups" in lengths:
        _correct(exposure, keywords, "ngroups", "NGROUPS", lengths["ngroups"])
    if ((subarray.ysize, subarray.xsize), shape[-2:]) != INTERLEAVED:
        _correct(exposure, subarray, "xsize", "SUBSIZE1", lengths["nx"])
        _correct(exposure, subarray, "ysize", "SUBSIZE2", lengths["ny"])


def _correct(exposure: Exposure, node, name: str, keyword: str, length: int) -> None:
    """Set a keyword that has another value than the length of an axis."""
    told = getattr(node, name)
    if told not in (None, length):
        log.warning("%s: %s says %s; the array has %d, which counts", exposure.source, keyword, told, length)
        setattr(node, name, length)


def _count_integrations(exposure: Exposure, nints: int) -> None:
    """Correct NINTS or, of a segment, INTEND."""
    keywords = exposure.meta.exposure
    first, last = keywords.integration_start, keywords.integration_end
    in_segment = None if None in (first, last) else last - first + 1
    if nints in (keywords.nints, in_segment):
        return
    if in_segment in (None, keywords.nints):
        _correct(exposure, keywords, "nints", "NINTS", nints)
    if in_segment is not None:
        _correct(exposure, keywords, "integration_end", "INTEND", first + nints - 1)
