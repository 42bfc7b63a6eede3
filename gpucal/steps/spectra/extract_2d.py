"""The extract_2d step."""

import copy
import logging

import numpy as np

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data import Exposure
from gpucal.data.slits import Slits, slits_of
from gpucal.kernels.spectra.cut_out import cut_out
from gpucal.steps.parts.coordinates.open_slits import (
    box_of,
    cut_wcs,
    describe,
    place_source,
    selected,
    tell_region,
)
from gpucal.steps.parts.grism_types import GRISM_TYPES, SERIES_TYPE
from gpucal.steps.parts.series import is_time_series
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit, open_slits, slit_wcs

log = logging.getLogger(__name__)

NIRSPEC_TYPES = ("NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_BRIGHTOBJ", "NRS_LAMP", "NRS_AUTOFLAT", "NRS_AUTOWAVE")

# The arrays of an exposure that its slits get their parts of.
PLANES = ("data", "dq", "err", "var_poisson", "var_rnoise")


class Extract2dStep(Step):
    """Cut the spectra of slits out of an exposure: each is a small image with a WCS of its own.

    A slit is the rectangle of pixels about its light, with the wavelength of each pixel, and values: where it is,
    which source is in it and where. All open slits are cut out, or those of ``slit_names`` and ``source_ids``. A bright
    object in one slit is a series of such images. Of a field without slits, there is one for each source of the catalog
    of the direct image, and each spectral order, the brightest source first; of a series of one source, the rows with
    its spectrum.

    Notes
    -----
    Source: the extract_2d page of the JWST pipeline documentation,
    https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_2d/main.html.
    """

    class_alias = "extract_2d"
    spec = """
        slit_names = force_list(default=None)  # names of slits, or numbers of slitlets; all that are open by default
        source_ids = force_list(default=None)  # numbers of sources, in addition to the slits that are named
        source_ra = force_list(default=None)  # right ascensions of sources, of slitless spectra
        source_dec = force_list(default=None)  # their declinations
        source_max_sep = float(default=2.0)  # how far a source may be from these, arcsec
        extract_orders = int_list(default=None)  # spectral orders, of slitless spectra
        grism_objects = list(default=None)  # the objects, of slitless spectra
        tsgrism_extract_height = integer(default=None)  # rows of a time series of slitless spectra
        wfss_extract_half_height = integer(default=5)  # half the rows of a source, of slitless spectra, pixels
        wfss_mmag_extract = float(default=None)  # the faintest source, of slitless spectra, AB magnitudes
        wfss_nbright = integer(default=1000)  # how many of the brightest sources, of slitless spectra
    """
    reference_file_types = ("wavelengthrange",)
    input_types = ("ImageModel", "CubeModel")
    required_keywords = {"EXP_TYPE": "exposure.type"}

    def uses(self, exposure):
        """The ranges of wavelengths for slitless spectra alone; slits have theirs in the WCS."""
        return self.reference_file_types if _kind(exposure) in GRISM_TYPES else ()

    def check_applies(self, exposure):
        """Raise `SkipStep` if there are no slits in such exposures, or nothing tells where they are."""
        kind = _kind(exposure)
        if kind not in (*NIRSPEC_TYPES, *GRISM_TYPES):
            raise SkipStep(f"exposures of type {kind} have no slits that are cut out")
        if str(exposure.meta.instrument.grating).upper() == "MIRROR":
            raise SkipStep(f"an exposure of type {kind} with the mirror has no spectra")

    def process(self, exposure, references):
        """Cut out the slits.

        Raises
        ------
        SkipStep
            If assign_wcs was skipped.
        NoScienceData
            If no open slit is left, or no source is on the detector.
        GpucalError
            If a slit is not on the image, or what tells of the sources of a field cannot be used.
        """
        if exposure.meta.cal_step.assign_wcs in (None, "SKIPPED"):
            raise SkipStep("assign_wcs was skipped")
        if _kind(exposure) in GRISM_TYPES:
            return without_slits(self, exposure, references["wavelengthrange"])
        wcs = exposure.get_wcs()
        opened = selected(open_slits(wcs), self.slit_names, self.source_ids)
        if _kind(exposure) == "NRS_BRIGHTOBJ":
            return bright_object(exposure, wcs, opened[0])
        meta = exposure.blank("SlitModel").model._instance["meta"]
        slits = Slits.of_trees([{"meta": copy.deepcopy(meta)} for _ in opened])
        cut(exposure, wcs, opened, slits)
        return exposure.with_slits(slits)


def without_slits(step: Extract2dStep, exposure: Exposure, reference) -> Exposure:
    """The spectra of a field, or of the source of a series."""
    if _kind(exposure) == SERIES_TYPE:
        from gpucal.steps.parts.slitless.series import extract_series  # of no use to slits

        return extract_series(step, exposure, reference)
    from gpucal.steps.parts.slitless.cutting import extract_field  # of no use to slits

    return extract_field(step, exposure, reference)


def bright_object(exposure: Exposure, wcs, opened: OpenSlit) -> Exposure:
    """The only slit of an exposure of a bright object."""
    made = exposure.blank("SlitModel")
    made.membership = exposure.membership
    cut(exposure, wcs, [opened], slits_of(made))
    if is_time_series(exposure) and exposure.model.hasattr("int_times"):
        made.int_times = exposure.int_times
    return made


def cut(exposure: Exposure, wcs, opened: list[OpenSlit], slits: Slits) -> None:
    """Fill in the values and arrays of slits; their metadata are those of the exposure.

    Raises
    ------
    GpucalError
        If a slit is not on the image.
    """
    whole = [slit_wcs(wcs, one) for one in opened]
    boxes = [box_of(one) for one in whole]
    try:
        planes = {name: cut_out(getattr(exposure, name), np.array(boxes)) for name in PLANES}
    except ValueError as error:
        raise GpucalError(f"{exposure.source}: a slit is not on the image ({error}); run assign_wcs again") from error
    shapes = [(*exposure.shape_of("data")[:-2], *box[2:]) for box in boxes]
    for name, plane in planes.items():
        slits.set_packed(name, plane, shapes)
    for slit, one, box, full in zip(slits, opened, boxes, whole, strict=True):
        describe(slit, one, box, exposure)
        give_coordinates(slit, cut_wcs(full, box), exposure)
        y, x, ny, nx = box
        log.info("Slit %s: columns %d to %d, rows %d to %d", slit.name, x, x + nx, y, y + ny)


def give_coordinates(slit, wcs, exposure: Exposure) -> None:
    """Write the WCS of a slit, the wavelengths of its pixels, and what follows from it."""
    slit.set_wcs(wcs.to_tree())
    slit.wavelength = wcs.program().on_grid(slit.shape_of("data")[-2:])[2].astype(np.float32)
    is_fixed = _kind(exposure) == "NRS_FIXEDSLIT"
    if _kind(exposure) == "NRS_BRIGHTOBJ" or (is_fixed and slit.name == exposure.meta.instrument.fixed_slit):
        place_source(slit, wcs, exposure)
    elif is_fixed:
        slit["source_xpos"] = slit["source_ypos"] = 0.0  # the target is in another one
    tell_region(slit, wcs)


def _kind(exposure: Exposure) -> str:
    return str(exposure.meta.exposure.type).upper()
