"""The srctype step."""

import logging
from typing import NamedTuple

from gpucal.core import Step
from gpucal.data import Exposure
from gpucal.data.slits import LISTS
from gpucal.data.timing import value_at
from gpucal.steps.parts.series import is_time_series

log = logging.getLogger(__name__)

POINT, EXTENDED, UNKNOWN = "POINT", "EXTENDED", "UNKNOWN"

# A source of the MSA with more than this is as compact as a star.
STELLARITY = 0.75


class Target(NamedTuple):
    """What is known of the target of an exposure with one.

    Attributes
    ----------
    usual : str
        What it is taken for where nothing tells.
    pattern : str
        The place of the keyword that tells whether the telescope nodded, or for what dithers were made.
    takes_parameter : bool
        Whether the user may say what it is.
    """

    usual: str = POINT
    pattern: str = "dither.primary_type"
    takes_parameter: bool = True


# The types of exposures with one target.
TARGETS = {
    "MIR_LRS-FIXEDSLIT": Target(),
    "MIR_LRS-SLITLESS": Target(),
    "MIR_MRS": Target(EXTENDED, "dither.optimized_for"),
    "NIS_SOSS": Target(takes_parameter=False),
    "NRC_TSGRISM": Target(),
    "NRS_BRIGHTOBJ": Target(),
    "NRS_FIXEDSLIT": Target(),
    "NRS_IFU": Target(EXTENDED),
}

SLITLESS = ("NIS_WFSS", "NRC_WFSS", "MIR_WFSS")


class SourceTypeStep(Step):
    """Decide which sources are points and which are extended: later steps correct for losses of one or the other.

    Of exposures with one target by, in this order: ``source_type``, background targets (extended), time series
    (points), what the observer said (SRCTYAPT), nods (points), and else what is usual for the type of exposure. In
    fixed slits of NIRSpec the target is in one of them; the others are extended. Sources of the MSA are points by
    their stellarity, those of slitless spectra by the catalog. Of any other exposure the source is of unknown type.

    Notes
    -----
    Source: the srctype page of the JWST pipeline documentation,
    https://jwst-pipeline.readthedocs.io/en/latest/jwst/srctype/description.html.
    """

    class_alias = "srctype"
    spec = """
        source_type = option('POINT','EXTENDED', default=None)  # what the target is; by default as the header tells
    """
    required_keywords = {"EXP_TYPE": "exposure.type"}

    def process(self, exposure, references):
        """Write SRCTYPE."""
        kind = exposure.meta.exposure.type
        if kind in TARGETS:
            told = self.source_type if TARGETS[kind].takes_parameter else None
            if self.source_type != told:
                log.warning("Parameter source_type is for no exposure of type %s; it is left out", kind)
            give_to_slits(exposure, type_of_target(exposure, TARGETS[kind], told))
        elif kind == "NRS_MSASPEC":
            for slit in exposure.slits:
                slit["source_type"] = type_by_stellarity(slit["stellarity"])
            exposure.meta.target.source_type = None  # each slit has its own
        elif is_time_series(exposure):
            exposure.meta.target.source_type = POINT
        elif kind in SLITLESS:
            for slit in exposure.slits:
                slit["source_type"] = EXTENDED if slit["is_extended"] else POINT
            extended = sum(slit["source_type"] == EXTENDED for slit in exposure.slits)
            log.info("Of %d spectra %d are of extended sources", len(exposure.slits), extended)
            return exposure
        else:
            log.warning("Exposures of type %s have no known type of source", kind)
            exposure.meta.target.source_type = UNKNOWN
        for slit in exposure.slits:
            log.info("Source %s in slit %s: %s", slit["source_id"], slit.name, slit["source_type"])
        return exposure


def type_of_target(exposure: Exposure, target: Target, told: str | None) -> str:
    """The type of the only target of an exposure; SRCTYAPT is filled in where it is missing."""
    meta = exposure.meta
    if meta.target.source_type_apt is None:
        log.warning("Keyword SRCTYAPT is missing; SRCTYPE counts in its place")
        meta.target.source_type_apt = meta.target.source_type
    observer = meta.target.source_type_apt
    pattern = value_at(meta, target.pattern) or ""
    cases = (
        (told is not None, told, "as asked for"),
        (bool(meta.observation.bkgdtarg), EXTENDED, "it is a background target"),
        (is_time_series(exposure), POINT, "it is a time series"),
        (observer in (POINT, EXTENDED), observer, "as the observer said"),
        ("NOD" in pattern or "POINT-SOURCE" in pattern, POINT, f"the pattern is {pattern}"),
        (True, target.usual, "nothing tells, and this is usual"),
    )
    decided, reason = next((kind, reason) for applies, kind, reason in cases if applies)
    log.info("The target is %s: %s", decided, reason)
    return decided


def give_to_slits(exposure: Exposure, decided: str) -> None:
    """Write the type of the only target into the header of an exposure and of its slits."""
    exposure.meta.target.source_type = decided
    if exposure.model_type == "SlitModel":
        exposure.source_type = decided
    if exposure.model_type not in LISTS:
        return
    is_fixed = exposure.meta.exposure.type == "NRS_FIXEDSLIT"
    for slit in exposure.slits:
        has_target = not is_fixed or slit.name == exposure.meta.instrument.fixed_slit
        slit["source_type"] = decided if has_target else EXTENDED
        if is_fixed and has_target and decided == EXTENDED:
            slit["source_xpos"] = slit["source_ypos"] = 0.0  # spread over the slit


def type_by_stellarity(stellarity: float | None) -> str:
    """The type of a source of the MSA; a negative stellarity stands for a point of unknown shape."""
    if stellarity is None:
        return EXTENDED
    return POINT if stellarity < 0 or stellarity > STELLARITY else EXTENDED
