"""What the header of a mosaic says."""

import logging
import math
import re
from collections.abc import Sequence

from gpucal.data import Members
from gpucal.wcs.nodes import kind_of
from gpucal.wcs.output_grid import OutputGrid
from gpucal.wcs.region_union import union_on_grid
from gpucal.wcs.sip import SipOptions, sip_keywords
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Keywords of the exposure that say nothing of a mosaic: its distortion, and its pointing.
_DISTORTION = re.compile(r"cd[12]_[12]|[ab]p?_\d_\d|[ab]p?_order")
_POINTING = ("v2_ref", "v3_ref", "ra_ref", "dec_ref", "roll_ref", "v3yangle", "vparity")

_SQUARE_RADIAN = (180 / math.pi * 3600) ** 2  # square arcseconds


def write_times(meta, members: Members, groups: Sequence[Sequence[int]]) -> None:
    """Write when a mosaic was taken, and how long; see `times_of`."""
    for name, value in times_of([members[group[0]] for group in groups]).items():
        setattr(meta.exposure, name, value)


def times_of(exposures: Sequence) -> dict:
    """When a mosaic was taken, and how long, by the names in the metadata tree ``meta.exposure``.

    Parameters
    ----------
    exposures : sequence of Exposure
        One of each group: exposures of a group were taken at the same time, and count once.
    """
    given = [exposure.meta.exposure for exposure in exposures]
    exposure_time, duration = _total(one.exposure_time for one in given), _total(one.duration for one in given)
    measured = [one.measurement_time for one in given]
    return {
        "start_time": min((one.start_time for one in given if one.start_time is not None), default=None),
        "end_time": max((one.end_time for one in given if one.end_time is not None), default=None),
        "exposure_time": exposure_time,
        "effective_exposure_time": exposure_time,
        "duration": duration,
        "elapsed_exposure_time": duration,
        "measurement_time": None if None in measured else sum(measured),
    }


def _total(times) -> float:
    return sum(time for time in times if time is not None)


def write_grid(product, grid: OutputGrid) -> None:
    """Write the coordinates of a mosaic as FITS keywords, and the size of its pixels."""
    kept = product.kept_meta["wcsinfo"]
    for name in [name for name in kept if _DISTORTION.fullmatch(name) or name in _POINTING]:
        del kept[name]
    kept |= _fits_keywords(grid.wcs)
    product.meta.photometry.pixelarea_steradians = grid.pixel_scale**2 / _SQUARE_RADIAN
    product.meta.photometry.pixelarea_arcsecsq = grid.pixel_scale**2


def _fits_keywords(wcs: Wcs) -> dict:
    transform = wcs.transforms[0]
    if kind_of(transform) != "fitswcs_imaging":
        log.warning("The coordinates are not those of a FITS image: the keywords are a linear approximation")
        return sip_keywords(wcs, SipOptions(degree=1, max_inverse_error=0.0))
    keywords = {"radesys": "ICRS"}
    crpix, crval, cdelt = (transform[name] for name in ("crpix", "crval", "cdelt"))
    for axis, kind in enumerate(("RA---TAN", "DEC--TAN")):
        number = axis + 1
        keywords |= {
            f"crpix{number}": float(crpix[axis] + 1),
            f"cdelt{number}": float(cdelt[axis]),
            f"crval{number}": float(crval[axis]),
            f"pc{number}_1": float(transform["pc"][axis, 0]),
            f"pc{number}_2": float(transform["pc"][axis, 1]),
            f"ctype{number}": kind,
            f"cunit{number}": "deg",
        }
    return keywords


def write_correlation(model, scatter_over_error: float) -> None:
    """Write how correlated the noise is: the scatter of single pixels over their errors, as NOISECOR."""
    card = ["NOISECOR", round(scatter_over_error, 3), "scatter of pixels over ERR (correlated noise)"]
    extra = model._instance.setdefault("extra_fits", {}).setdefault("SCI", {})
    extra["header"] = [*extra.get("header", ()), card]


def write_region(meta, members: Members, grid: OutputGrid) -> None:
    """Write the footprint of a mosaic: of all exposures together, as far as they are in it."""
    regions = [member.meta.wcsinfo.s_region for member in members]
    meta.wcsinfo.s_region = union_on_grid(regions, grid) or None
    if meta.wcsinfo.s_region is None:
        log.warning("No exposure lies in the mosaic")
