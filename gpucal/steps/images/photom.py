"""The photom step."""

import logging

import numpy as np

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.images.units import convert_units
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.calibration.photometry import ROW_KEYS, change_with_time, photometry_row
from gpucal.steps.parts.calibration.pixel_area_map import keep_pixel_area
from gpucal.steps.parts.calibration.response import convert_spectrum
from gpucal.steps.parts.coordinates.field_types import MRS_TYPE, NIRSPEC_IFU
from gpucal.steps.parts.coordinates.open_slits import check_cut_out
from gpucal.steps.parts.grism_types import GRISM_TYPES, SOSS_TYPE
from gpucal.steps.parts.image_types import IMAGE_TYPES
from gpucal.steps.parts.lrs_types import LRS_TYPES

log = logging.getLogger(__name__)

# Microjansky per square arcsecond of a megajansky per steradian.
MICROJANSKY = 23.50443053909789

SLIT_TYPES = ("NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_BRIGHTOBJ")

# Exposures of NIRSpec without light from the sky.
LAMP_TYPES = ("NRS_LAMP", "NRS_AUTOWAVE", "NRS_AUTOFLAT")


class PhotomStep(Step):
    """Convert count rates of images and spectra to surface brightness, MJy/sr; of point sources of NIRSpec to MJy.

    The factor is that of the reference for filter, pupil and subarray, or filter, grating and slit, divided by the
    change of throughput since it was measured; of spectra, times the response at the wavelength of each pixel. Pixels
    without a response are not to be used. The pixel area and, of a pixel area reference, its map, are kept with the
    image or slit. A slit that the references do not tell of stays as it is, which is told in the log.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.images.units`, the choice of the factor in
    `gpucal.steps.parts.calibration.photometry`, that of spectra in `gpucal.steps.parts.calibration.response` and
    `gpucal.steps.parts.calibration.slit_photometry`, that of spectra without slits in
    `gpucal.steps.parts.calibration.grism_photometry`, and that of extracted spectra of SOSS in
    `gpucal.steps.parts.calibration.series_photometry`.
    """

    class_alias = "photom"
    spec = """
        inverse = boolean(default=False)  # divide by the factor: undo the conversion
        source_type = string(default=None)  # POINT leaves a factor for fluxes as it is, MJy
        apply_time_correction = boolean(default=True)  # correct for the change of throughput with time
    """
    reference_file_types = ("area", "photom")  # the header tells of the first even where there is no second
    optional_references = ("area",)
    input_types = ("ImageModel", "CubeModel", "MultiSlitModel", "SlitModel", "IFUImageModel", "TSOMultiSpecModel")

    def process(self, exposure, references):
        """Convert an image, a spectrum, or integrations.

        Raises
        ------
        SkipStep
            If the reference has no row for the exposure.
        GpucalError
            If it is none of those that are calibrated so far.
        """
        meta, reference = exposure.meta, references["photom"]
        kind = str(meta.exposure.type).upper()
        if kind in LAMP_TYPES:
            raise SkipStep("exposures of lamps have no flux calibration")
        if kind == SOSS_TYPE:
            from gpucal.steps.parts.calibration.series_photometry import (
                calibrate_series,  # of no use to others
            )

            references["area"]  # named in the header alone
            calibrate_series(exposure, reference, self)
            return exposure
        if kind in SLIT_TYPES:
            from gpucal.steps.parts.calibration.slit_photometry import calibrate_slits  # of no use to others

            check_cut_out(exposure)
            calibrate_slits(exposure, reference, references["area"], self)
            return exposure
        if kind in GRISM_TYPES:
            from gpucal.steps.parts.calibration.grism_photometry import calibrate_grism  # of no use to others

            check_cut_out(exposure)
            calibrate_grism(exposure, reference, references["area"], self)
            return exposure
        if kind == NIRSPEC_IFU:
            from gpucal.steps.parts.calibration.ifu_photometry import convert_ifu  # of no use to others

            self.tell(meta, convert_ifu(exposure, reference, references["area"], self), "MJy/sr", reference)
            return exposure
        if kind == MRS_TYPE:
            from gpucal.steps.parts.calibration.mrs_photometry import convert_mrs  # of no use to others

            keep_pixel_area(exposure, reference, references["area"])
            factor = convert_mrs(exposure, reference, self.apply_time_correction, self.inverse)
            self.tell(meta, factor, "MJy/sr", reference)
            return exposure
        if kind not in (*IMAGE_TYPES, *LRS_TYPES) or str(meta.instrument.name).upper() not in ROW_KEYS:
            raise GpucalError(f"{exposure.source}: exposures of type {meta.exposure.type} are not calibrated yet")
        if exposure.model_type == "CubeModel" and meta.instrument.name.upper() == "NIRISS":
            raise SkipStep("integrations of NIRISS are not calibrated by themselves")
        row = photometry_row(reference, meta)
        area = keep_pixel_area(exposure, reference, references["area"])
        factor, unit = self.factor_of(reference.table("phot_table")[row], area)
        if self.apply_time_correction:
            change = change_with_time(reference, row, meta.exposure.mid_time)
            if change != 1.0:
                log.info("The throughput is %.6g of that of the reference", change)
                factor = factor / change
        if kind in LRS_TYPES:
            convert_spectrum(exposure, factor, reference, row, self.inverse)
        else:
            rates = Rates(*(getattr(exposure, name) for name in Rates._fields))
            var_flat = exposure.var_flat if exposure.has("var_flat") else None
            convert_units(rates, var_flat, factor, self.inverse)
        self.tell(meta, factor, unit, reference)
        return exposure

    def tell(self, meta, factor, unit: str, reference) -> None:
        """Write into the header what rates were multiplied by, if that is one number, and their unit.

        Raises
        ------
        ReferenceFileError
            If it is no finite number.
        """
        if factor is not None and not np.isfinite(factor):
            raise ReferenceFileError(f"photom reference {reference.label}: its factor for the exposure is {factor}")
        meta.photometry.conversion_megajanskys = None if factor is None else float(factor)
        meta.photometry.conversion_microjanskys = None if factor is None else float(factor * MICROJANSKY)
        meta.bunit_data = meta.bunit_err = "DN/s" if self.inverse else unit

    def factor_of(self, row, area: float | None):
        """The factor in a row, and its unit; a factor for fluxes is spread over the area of a pixel, steradian."""
        if "photmjsr" in row.dtype.names:
            return row["photmjsr"], "MJy/sr"
        if str(self.source_type).upper() == "POINT":
            return row["photmj"], "MJy"
        if area is None:
            log.warning("The area of a pixel is not known: the factor is one for fluxes")
            return row["photmj"], "MJy/sr"
        return row["photmj"] / area, "MJy/sr"
