"""The outlier_detection step."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.outliers.ifu import flag_fields
from gpucal.steps.parts.outliers.images import flag_images
from gpucal.steps.parts.outliers.integrations import flag_coronagraphs
from gpucal.steps.parts.outliers.series import flag_time_series
from gpucal.steps.parts.outliers.spectra import flag_spectra

log = logging.getLogger(__name__)

LIMITS = {"pixfrac": (0, 1), "maskpt": (0, 1_000_000), "backg": (-1e9, 1e9)}


class Mode(NamedTuple):
    """A way to find outliers.

    Attributes
    ----------
    words : str
        What it is for.
    flag : callable or None
        Flags the outliers of members, with the parameters of the step; None for what gpucal does not have yet.
    """

    words: str
    flag: Callable | None = None


IMAGES = Mode("images", flag_images)
TIME_SERIES = Mode("time series", flag_time_series)
CORONAGRAPHS = Mode("integrations of coronagraphs", flag_coronagraphs)
SLIT_SPECTRA = Mode("spectra of slits", flag_spectra)
SOURCE_SPECTRA = Mode("spectra without a slit")
FIELD_SPECTRA = Mode("integral field spectra", flag_fields)

MODES = {
    **dict.fromkeys(("NRC_IMAGE", "MIR_IMAGE", "NRS_IMAGE", "NIS_IMAGE", "FGS_IMAGE"), IMAGES),
    **dict.fromkeys(("NRC_CORON", "MIR_LYOT", "MIR_4QPM"), CORONAGRAPHS),
    **dict.fromkeys(("MIR_LRS-FIXEDSLIT", "NRS_FIXEDSLIT", "NRS_MSASPEC"), SLIT_SPECTRA),
    **dict.fromkeys(("NRC_WFSS", "NIS_WFSS"), SOURCE_SPECTRA),
    **dict.fromkeys(("NRS_IFU", "MIR_MRS"), FIELD_SPECTRA),
}

# Exposures that are time series whatever their header says of the visit.
SERIES_TYPES = ("NRC_TSIMAGE", "NRC_TSGRISM", "NIS_SOSS", "MIR_LRS-SLITLESS", "NRS_BRIGHTOBJ")


class OutlierDetectionStep(Step):
    """Flag pixels that differ from what other exposures, or integrations, show of the same sky: cosmic rays, mostly.

    Flags are DO_NOT_USE and OUTLIER; flagged pixels become NaN in the data, errors and variances. Images are drizzled
    onto the grid of a mosaic, one for each group of exposures that were taken together, and compared with the median
    of these, or compared pixel by pixel where ``resample_data`` is false. Exposures of one source through a slit are
    compared in the same way, in resampled pixels. Integrations are compared with the median over time (time series), or
    over all of them (coronagraphs). In integral fields a pixel is an outlier that stands out from its neighbours in all
    exposures of its detector: always the same share of the pixels, which is told in the log. Other spectra are not
    treated yet.

    Notes
    -----
    The rules are in `gpucal.kernels.outliers`; `MODES` tells which are for which exposures. Whether images fit in
    memory together or not changes no result.
    """

    class_alias = "outlier_detection"
    input_types = ("ImageModel", "CubeModel", "SlitModel", "IFUImageModel")
    over_members = True
    names_association = True
    suffix_in_pipeline = "crf"
    spec = """
        weight_type = option('ivm','exptime',default='ivm')  # weights of pixels: 1 / VAR_RNOISE, or the exposure time
        pixfrac = float(min=0.0, max=1.0, default=1.0)  # fraction of its sides that a pixel is shrunken to
        kernel = option('square','point','turbo',default='square')  # how a pixel is spread over the grid
        fillval = string(default='NAN')  # value of pixels without data: a number, NAN or INDEF
        maskpt = float(default=0.7)  # fraction of the mean weight that a pixel of the median needs
        snr = string(default='5.0 4.0')  # errors by which outliers differ: their cores, and the pixels beside these
        scale = string(default='1.2 0.7')  # of the steepness of the median, what either may differ in addition
        backg = float(default=0.0)  # level of exposures above the median, where the header has no sky level
        kernel_size = string(default='7 7')  # of integral field spectra: rows and columns of a running median
        threshold_percent = float(default=99.8)  # of integral field spectra: the percentile that outliers are above
        rolling_window_width = integer(default=25)  # of time series: integrations of a median; all if 1 or too many
        across_segments = boolean(default=False)  # of time series: the segments of an exposure are one series
        scale_median = boolean(default=False)  # of time series: compare with the median at the light of an integration
        ifu_second_check = boolean(default=False)  # of integral field spectra: look a second time
        save_intermediate_results = boolean(default=False)  # save drizzled groups, median, and what it shows of each
        resample_data = boolean(default=True)  # compare on the sky; if not, pixel by pixel
        good_bits = string(default="~DO_NOT_USE")  # flags that pixels of the median may have; ~ for those they may not
        search_output_file = boolean(default=False)  # take the output_file of the pipeline
        in_memory = boolean(default=True)  # hold pixels in memory where there is room; no result depends on it
        pixmap_stepsize = float(default=1.0)  # read for jwst's sake: the map is exact for each pixel
        pixmap_order = integer(default=1)  # read for jwst's sake: nothing is interpolated
    """
    own_parameters = ("across_segments", "scale_median")

    def product_suffix(self, exposure):
        """In a pipeline ``crf``, or ``crfints`` of integrations."""
        if self.suffix or self.parent is None or len(exposure.shape_of("data") or ()) != 3:
            return super().product_suffix(exposure)
        return "crfints"

    def process(self, members, references):
        """Flag the outliers of all members.

        Raises
        ------
        SkipStep
            If the exposures are of no type that it is for, or there is nothing to compare with.
        GpucalError
            If they are of one that is not treated yet, or a parameter cannot be understood or is out of its limits.
        """
        mode = mode_of(members)
        check_limits(self, LIMITS)
        log.info("Outliers are found as in %s", mode.words)
        mode.flag(members, self)
        return members


def mode_of(members) -> Mode:
    """How outliers are found in exposures of one product, as the first of them tells.

    Parameters
    ----------
    members : Members
        The exposures.

    Raises
    ------
    SkipStep
        If their type is none that the step is for.
    GpucalError
        If gpucal does not have the mode yet.
    """
    first = members[0]
    kind = str(first.meta.exposure.type).upper()
    mode = TIME_SERIES if _is_series(first, kind) else MODES.get(kind)
    if mode is None:
        raise SkipStep(f"outliers are not looked for in exposures of type {first.meta.exposure.type}", "FAILED")
    if mode.flag is None:
        raise GpucalError(
            f"{first.source}: gpucal does not find outliers of {mode.words} ({kind}) yet; "
            "leave outlier_detection out, or run that step of jwst"
        )
    return mode


def _is_series(exposure, kind: str) -> bool:
    """Whether an exposure is a time series: integrations of a visit, or of a type, that is for these."""
    shape = exposure.shape_of("data")
    return (
        shape is not None
        and len(shape) == 3
        and exposure.meta.exposure.nints != 1
        and bool(kind in SERIES_TYPES or exposure.meta.visit.tsovisit)
    )
