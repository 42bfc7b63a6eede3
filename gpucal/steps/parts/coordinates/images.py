"""The world coordinates of an image, and the keywords of its header that tell of them."""

import logging
import re

from gpucal.wcs.footprint import footprint, s_region
from gpucal.wcs.sip import SipError, SipOptions, sip_keywords
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Keywords of an earlier approximation, or of another one, that a new one may lack.
_OLD = re.compile(r"naxis|cdelt[12]|pc[12]_[12]|[ab]p?_(order|\d_\d)")


def keep_coordinates(exposure, wcs: Wcs, sip: SipOptions | None) -> None:
    """Give an image coordinates: they are kept in ``meta.wcs``, and told by the keywords in ``meta.wcsinfo``.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    wcs : Wcs
        From pixels to the sky, with a bounding box.
    sip : SipOptions or None
        How to approximate them by FITS keywords; None leaves those that there are. The reference pixel is that of the
        header, if it has one. Where it fails, a warning tells so.
    """
    exposure.set_wcs(wcs.to_tree())
    keywords = exposure.kept_meta["wcsinfo"]
    keywords["s_region"] = s_region(footprint(wcs))
    if sip is not None:
        approximate(exposure, wcs, sip)


def approximate(exposure, wcs: Wcs, sip: SipOptions) -> None:
    """Tell coordinates by FITS keywords; a warning tells where that fails.

    Parameters
    ----------
    exposure : Exposure
        Its keywords in ``meta.wcsinfo`` are edited in place.
    wcs, sip
        See `keep_coordinates`.
    """
    keywords = exposure.kept_meta["wcsinfo"]
    given = keywords.get("crpix1"), keywords.get("crpix2")
    try:
        approximation = sip_keywords(wcs, sip, None if None in given else given)
    except SipError as reason:
        log.warning("%s: no approximation by FITS keywords: %s", exposure.source, reason)
        return
    for keyword in [one for one in keywords if _OLD.fullmatch(one)]:
        del keywords[keyword]
    keywords.update(approximation)


def sip_options(step) -> SipOptions | None:
    """How a step is asked to approximate coordinates by FITS keywords; None where it is not."""
    if not step.sip_approx:
        return None
    return SipOptions(
        step.sip_max_pix_error, step.sip_max_inv_pix_error, step.sip_degree, step.sip_inv_degree, step.sip_npoints
    )
