"""How keywords, and entries of metadata trees, agree with those of the peer."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from stdatamodels import asdf_in_fits

FREE_KEYWORDS = {
    "DATE": "the time at which the file was written",
    "FILENAME": "the name under which the file was written",
    "CAL_VER": "the version of the software that wrote it",
    "CAL_VCS": "the revision of the software that wrote it",
}

FREE_METADATA = {
    "meta.date": FREE_KEYWORDS["DATE"],
    "meta.filename": FREE_KEYWORDS["FILENAME"],
    "meta.calibration_software_version": FREE_KEYWORDS["CAL_VER"],
    "meta.calibration_software_revision": FREE_KEYWORDS["CAL_VCS"],
    "filename": "of a table of spectra: that of the file of their exposure, in jwst with all folders",
    "asdf_library": "the version of the library that wrote it",
    "history": "the versions of the libraries that wrote it",
    "cal_logs": "what was logged, by each pipeline in its own words and with times",
    "_fits_hash": "a digest of the headers, dates included",
}

# What is free of the whole is free of each entry of a list of slits, of exposures of a source, or of spectra.
_OF_AN_ENTRY = re.compile(r"^\w+\[\d+\]\.")

# Keywords whose numbers come out of long sums, by patterns of whole names, and how far roundings take these apart.
ROUNDED_KEYWORDS = {
    r"(.*\.)?crpix\d": {"abs_tol": 1e-6},  # pixels
    r"(.*\.)?(crval\d|latpole)": {"rel_tol": 1e-9},
    r"dith_(ra|dec)|.*\.dithered_(ra|dec)": {"abs_tol": 1e-11},  # degrees
    r"(.*\.)?pc\d_\d": {"abs_tol": 1e-9},
    r"(.*\.)?cdelt\d|pixar_\w+|pxsclrt|.*\.(pixelarea_\w+|pixel_scale_ratio)": {"rel_tol": 1e-8},
    # where apertures lie, pixels: places on the sky that are sought in the coordinates of resampled spectra
    r"extr[xy]st[rp]|(.*\.)?extraction_[xy](start|stop)": {"abs_tol": 5e-9},
    r"(.*\.)?slit_(ra|dec)": {"abs_tol": 1e-12},  # degrees, in the middle of a slit, through all its transforms
    r"(.*\.)?spectral_region\[\d\]": {"abs_tol": 1e-12},  # micrometres, the least and greatest of many
    r"src[xy]pos|(.*\.)?source_[xy]pos": {"abs_tol": 1e-9},  # slits or shutters
    r"bkgd_scl|meta\.background\.scaling_factor": {"rel_tol": 1e-6},  # residuals at the limits of clipping
    r"bkglevel|meta\.background\.level": {"abs_tol": 1e-6},  # MJy/sr, solved from clipped statistics
}

# Corners of regions, degrees: headers round those of exposures to 1e-9, and edges of a union may meet at small angles.
CORNER_TOLERANCE = 1e-8

# What is fitted to world coordinates to approximate them in headers: held in pixels by `tests/peer/test_assign_wcs.py`.
SIP_KEYWORDS = re.compile(r"(?i)(.*\.)?([ab]p?_\d_\d|cd\d_\d|sip(mx|iv)err)")

ABSENT = "(absent)"


@dataclass(frozen=True)
class KeywordMismatch:
    """A keyword, or an entry of the metadata tree, that differs or stands on one side only."""

    extension: str
    keyword: str
    ours: object
    theirs: object

    def __str__(self):
        return f"{self.extension} {self.keyword}: ours {self.ours!r}, theirs {self.theirs!r}"


def cards(hdu):
    """Keywords of a header that have to agree; the structure of the data is compared by itself."""
    structural = ("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "COMMENT", "HISTORY", "TFORM")
    return {
        key: value
        for key, value in hdu.header.items()
        if key and key not in FREE_KEYWORDS and not key.startswith(structural)
    }


def metadata(path):
    """Scalar entries of the metadata tree of a file, by their dotted names."""
    with asdf_in_fits.open(path) as tree:
        leaves = {}
        _collect_leaves("", tree.tree, leaves)
    return leaves


def _collect_leaves(name, node, leaves):
    if _OF_AN_ENTRY.sub("", name) in FREE_METADATA:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            _collect_leaves(f"{name}.{key}" if name else str(key), value, leaves)
    elif isinstance(node, (list, tuple)):
        for index, value in enumerate(node):
            _collect_leaves(f"{name}[{index}]", value, leaves)
    elif isinstance(node, (str, bool, int, float, type(None))):
        leaves[name] = node
    else:
        leaves[name] = type(node).__name__


def compare_keywords(extension, ours, theirs):
    """What differs in the keywords of an extension, or in a metadata tree."""
    mismatches = []
    for key in theirs | ours:
        our_value, their_value = ours.get(key, ABSENT), theirs.get(key, ABSENT)
        # repr tells 1 from True and 1.0, and NaN equals NaN
        if repr(our_value) != repr(their_value) and not _is_rounding(key, our_value, their_value):
            mismatches.append(KeywordMismatch(extension, key, our_value, their_value))
    return mismatches


def _is_rounding(keyword, ours, theirs):
    """Whether two numbers, or the corners of two regions, differ by no more than roundings do."""
    if re.fullmatch(r"(.*\.)?s_region", keyword.lower()):
        return _is_same_region(str(ours), str(theirs))
    if not (isinstance(ours, float) and isinstance(theirs, float)):
        return False
    allowed = (most for name, most in ROUNDED_KEYWORDS.items() if re.fullmatch(name, keyword.lower()))
    return any(math.isclose(ours, theirs, **{"rel_tol": 0.0} | most) for most in allowed)


def _is_same_region(ours, theirs):
    words = [re.split(r"\s+", region.strip()) for region in (ours, theirs)]
    if [word.isalpha() for word in words[0]] != [word.isalpha() for word in words[1]]:
        return False
    return all(
        one == other if one.isalpha() else abs(float(one) - float(other)) <= CORNER_TOLERANCE
        for one, other in zip(*words, strict=True)
    )
