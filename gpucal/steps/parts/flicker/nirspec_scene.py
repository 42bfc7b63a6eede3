"""The pixels of NIRSpec on which light falls: through slits or slices, and through shutters that are stuck open.

Coordinates are imported where they are used: stage 1 of other exposures has no use for them.

Source: the documentation of ``clean_flicker_noise``, "creation of a scene mask",
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

import logging
import math

import numpy as np

from gpucal.backend import current_backend
from gpucal.core.run.inner import run_inside, run_inside_if_it_applies
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import MSA_FAILED_OPEN

log = logging.getLogger(__name__)

SLIT_TYPES = ("NRS_FIXEDSLIT", "NRS_BRIGHTOBJ", "NRS_MSASPEC", "NRS_IFU")
SHUTTERS, SLICES = "NRS_MSASPEC", "NRS_IFU"

# The rows of the fixed slits in exposures of shutters and slices; the number of the quadrant in which they are listed.
FIXED_SLIT_ROWS = slice(922, 1116)
FIXED_SLITS = 5


def steps_of_scene(exposure: Exposure, always_flags: bool) -> tuple:
    """The steps by which the slits of an exposure are found.

    Parameters
    ----------
    exposure : Exposure
        Of any type; there are none but for slits of NIRSpec.
    always_flags : bool
        Whether shutters that are stuck open matter in exposures of other slits, too.
    """
    kind = str(exposure.meta.exposure.type).upper()
    if kind not in SLIT_TYPES:
        return ()
    from gpucal.steps.images.msa_flagging import MSAFlagOpenStep
    from gpucal.steps.pointing.assign_wcs import AssignWcsStep

    steps = () if has_coordinates(exposure) else (AssignWcsStep("draft assign_wcs"),)
    return (*steps, MSAFlagOpenStep("draft msa_flagging")) if always_flags or kind in (SHUTTERS, SLICES) else steps


def has_coordinates(exposure: Exposure) -> bool:
    """Whether world coordinates were assigned before."""
    return exposure.model._instance["meta"].get("wcs") is not None


def lit_pixels(draft: Exposure, references, steps: tuple):
    """The pixels on which light falls.

    Parameters
    ----------
    draft : Exposure
        Rates, which are not edited.
    references : StepReferences
        Those of the step that has use of it.
    steps : tuple of Step
        Of `steps_of_scene`.

    Returns
    -------
    (ny, nx) bool array
        On the backend: the bounding boxes of slits, or the pixels of slices; in exposures of slices, and of shutters
        without open fixed slits, the place of these, too; and pixels with the flag MSA_FAILED_OPEN.

    Raises
    ------
    NoScienceData
        If the light of no slit falls on the detector.
    GpucalError
        If a reference is missing, or the metadata file of the shutters.
    """
    from gpucal.steps.pointing.assign_wcs import AssignWcsStep
    from gpucal.wcs.modes.nirspec.open_slits import open_slits

    seen = draft.blank(draft.model_type, data=draft.data, dq=draft.dq.copy())
    seen.origin = draft.origin
    if has_coordinates(draft):
        seen.set_wcs(draft.get_wcs().to_tree())
    for step in steps:
        run = run_inside if isinstance(step, AssignWcsStep) else run_inside_if_it_applies
        seen = run(step, seen, references.run)
    lit = (seen.dq & np.uint32(MSA_FAILED_OPEN)) != 0
    while lit.ndim > 2:
        lit = lit.any(axis=0)
    if str(draft.meta.exposure.type).upper() == SLICES:
        lit |= seen.ifu_slices.labels > 0
        lit[FIXED_SLIT_ROWS] = True
        return current_backend().xp.ascontiguousarray(lit)
    slits = open_slits(seen.get_wcs())
    for slit in slits:
        columns, rows = (slice(*(max(0, math.floor(end + 0.5)) for end in ends)) for ends in slit.bounding_box)
        lit[rows, columns] = True
    if str(draft.meta.exposure.type).upper() == SHUTTERS and all(slit.quadrant != FIXED_SLITS for slit in slits):
        log.info("No fixed slit is open: the place of these is taken for lit")
        lit[FIXED_SLIT_ROWS] = True
    return current_backend().xp.ascontiguousarray(lit)
