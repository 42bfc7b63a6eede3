"""The wavecorr step."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.core.log.uncorrected import tell_uncorrected
from gpucal.data.slits import Slit, Slits, slits_of
from gpucal.kernels.spectra.dispersion import column_wavelengths
from gpucal.kernels.spectra.windows import packing_of
from gpucal.reference.trees import part_of
from gpucal.steps.parts.calibration.slit_wavelengths import is_point
from gpucal.steps.parts.calibration.zero_points import ZeroPoints, zero_points_of
from gpucal.wcs.wavelength_correction import CORRECTED_FRAME, with_correction

log = logging.getLogger(__name__)

# Exposures whose wavelengths depend on where the source stands in its slit.
EXPOSURE_TYPES = ("NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_BRIGHTOBJ", "NRS_AUTOFLAT")

# The aperture in the reference of the shutters; each of the other slits has one of its own name.
SHUTTERS = "MOS"

MICRON = 1e-6


class WavecorrStep(Step):
    """Correct the wavelengths of point sources of NIRSpec that do not stand in the middle of their slit.

    The offset is that of the reference at the place of the source, for each column at its mean wavelength. It becomes a
    table in the WCS of the slit, and the wavelengths of the pixels are found anew. Slits without a point source stay
    as they are; a point source that cannot be corrected is told in the log.
    """

    class_alias = "wavecorr"
    spec = ""
    reference_file_types = ("wavecorr",)
    input_types = ("MultiSlitModel", "SlitModel")

    def check_applies(self, exposure):
        """Skip exposures that have no such correction, or no WCS."""
        kind = str(exposure.meta.exposure.type).upper()
        if kind not in EXPOSURE_TYPES:
            raise SkipStep(f"exposures of type {kind} have no correction of wavelengths")
        if exposure.meta.cal_step.assign_wcs == "SKIPPED":
            raise SkipStep("assign_wcs was skipped")

    def process(self, exposure, references):
        """Correct wavelengths.

        Raises
        ------
        SkipStep
            If no slit was corrected.
        GpucalError
            If wavelengths are corrected already.
        """
        slits, is_one_slit = slits_of(exposure), exposure.model_type == "SlitModel"
        if any(CORRECTED_FRAME in slit.get_wcs().frame_names for slit in slits):
            raise GpucalError(f"{exposure.source}: wavecorr has corrected its wavelengths already")
        apertures = part_of(references["wavecorr"], "apertures")
        uses_shutters = str(exposure.meta.exposure.type).upper() == "NRS_MSASPEC"
        target, reasons, ncorrected = exposure.meta.target.source_type, {}, 0
        for slit in slits:
            is_corrected = False
            if is_point(slit["source_type"] or target):
                name = SHUTTERS if uses_shutters else slit.name
                reason = correct_wavelengths(slit, zero_points_of(apertures, name))
                is_corrected = reason is None
                reasons |= {} if is_corrected else {slit.name: reason}
            ncorrected += is_corrected
            if not is_one_slit:
                slit["wavelength_corrected"] = is_corrected
        tell_uncorrected("wavelength correction", reasons)
        log.info("Wavelengths of %d of %d slits corrected", ncorrected, len(slits))
        if not ncorrected:
            raise SkipStep("no slit has a point source whose wavelengths can be corrected")
        return exposure


def correct_wavelengths(slit: Slit, offsets: ZeroPoints | None) -> str | None:
    """Correct the wavelengths of a slit: its WCS, and those of its pixels.

    Parameters
    ----------
    slit : Slit
        Edited.
    offsets : ZeroPoints or None
        Of its aperture, if the reference has it.

    Returns
    -------
    str or None
        Why it is not corrected; None if it is.
    """
    if offsets is None:
        return "the wavecorr reference does not have its aperture"
    if slit["source_xpos"] is None:
        return "the place of its source is not known"
    wavelengths, dispersion = columns_of(slit)
    corrected = wavelengths + offsets.at(wavelengths, slit["source_xpos"]) * dispersion
    if len(wavelengths) < 2:
        return "fewer than two of its columns have wavelengths"
    if not (np.diff(corrected) > 0).all():
        return "its corrected wavelengths would not increase from column to column"
    slit.set_wcs(with_correction(slit.get_wcs(), wavelengths, corrected).to_tree())
    slit.wavelength = slit.world[2].astype(np.float32)
    return None


def columns_of(slit: Slit) -> tuple[np.ndarray, np.ndarray]:
    """The mean wavelength and dispersion of the columns of a slit that have both.

    Returns
    -------
    wavelengths, dispersion : (ncolumns,) float64 array
        On the host, metre, and metre from one edge of a pixel to the other.
    """
    ny, nx = slit.shape_of("data")[-2:]
    edges = slit.get_wcs().program().on_grid((ny, nx + 1), (-0.5, 0.0))[2]
    packing = packing_of(Slits([slit]).windows)
    means, _ = column_wavelengths(slit.wavelength.reshape(-1), packing)
    backend = current_backend()
    steps = backend.asnumpy(edges[:, 1:] - edges[:, :-1])
    counts = np.isfinite(steps).sum(axis=0)
    dispersion = np.nansum(steps, axis=0) / np.where(counts, counts, np.nan)
    wavelengths = backend.asnumpy(means)
    has_both = np.isfinite(wavelengths) & np.isfinite(dispersion)
    return wavelengths[has_both] * MICRON, dispersion[has_both] * MICRON
