"""The refpix step."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.selection import on_backend
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data.segments import superstripes_of
from gpucal.kernels.flags.dqflags import REFERENCE_PIXEL
from gpucal.kernels.readout.detector_frame import (
    FULL_FRAME,
    detector_window,
    pixel_numbers,
    readout_axes,
    to_detector_frame,
)
from gpucal.kernels.readout.irs2_layout import is_irs2
from gpucal.kernels.refpix.edges import subtract_reference_pixels, subtract_reference_pixels_zeroframe
from gpucal.kernels.refpix.rows import edge_sections, subtract_edge_pixels
from gpucal.kernels.refpix.sections import BORDER, four_output_sections, single_output_sections
from gpucal.kernels.refpix.sides import side_windows
from gpucal.kernels.refpix.sirs import sirs_kernels, subtract_sirs, subtract_sirs_zeroframe
from gpucal.readouts.stripes import is_multistripe
from gpucal.readouts.superstripes import reassembled
from gpucal.steps.parts.ramps.refpix_irs2 import correct_irs2
from gpucal.steps.parts.ramps.refpix_stripes import stripe_pixels

log = logging.getLogger(__name__)

# NIRSpec subarrays away from the edges: their outer columns see no light and serve as reference pixels.
EDGELESS_SUBARRAYS = ("SUB512", "SUB512S", "SUB32")

MIRI_SHAPE = (1024, 1032)


class RefPixStep(Step):
    """Subtract the drifts of the readout electronics, which the reference pixels show, from each group.

    Near-infrared detectors in traditional readout: full frames, and subarrays read through four outputs,
    are corrected by the clipped means of the reference pixels at the bottom and top edges, then by the
    running median of those at the sides or, full frames, by SIRS; subarrays read through one output by the
    clipped means of all their reference pixels. Zero frames are corrected as the groups are.

    Multistripe subarrays: by the clipped means of the reference pixels of each output. Superstripes are then
    reassembled into ramps of whole frames.

    NIRSpec in IRS2 readout: by the interleaved reference pixels and the reference output, which the product
    loses. MIRI: full frames, by the clipped means of the reference pixels at the sides.
    """

    class_alias = "refpix"
    spec = """
        odd_even_columns = boolean(default=True)  # reference signals for odd and even columns apart
        use_side_ref_pixels = boolean(default=True)  # a reference signal for each row, from the side pixels
        side_smoothing_length = integer(default=11)  # rows under the running median of the side pixels
        side_gain = float(default=1.0)  # factor of the signal of the side pixels before it is subtracted
        odd_even_rows = boolean(default=True)  # reference signals for odd and even rows apart; MIRI
        ovr_corr_mitigation_ftr = float(default=3.0)  # sigmas at which an IRS2 reference pixel is bad
        preserve_irs2_refpix = boolean(default=False)  # keep the interleaved reference pixels of IRS2
        irs2_mean_subtraction = boolean(default=False)  # subtract mean offsets before the IRS2 correction
        refpix_algorithm = option("median", "sirs", default="median")  # what the side pixels go through
        sigreject = float(default=4.0)  # sigmas at which sirs rejects a pixel
        gaussmooth = float(default=1.0)  # width of the low-pass filter of sirs
        halfwidth = integer(default=30)  # half-width of the convolution kernels of sirs
        siglimit = float(default=3.0)  # sigmas at which the means of reference pixels are clipped
    """
    reference_file_types = ("refpix", "sirskernel")
    optional_references = ("sirskernel",)
    input_types = ("RampModel", "SuperstripeRampModel")

    def works_by_integration(self, exposure):
        """Bad pixels of IRS2 are found in all integrations; superstripes become fewer integrations."""
        return not is_irs2(exposure.shape_of("data")) and not superstripes_of(exposure.meta)

    def check_applies(self, exposure):
        """Not for subarrays of MIRI."""
        rows, columns = exposure.shape_of("data")[-2:]
        if exposure.meta.instrument.name == "MIRI" and (rows < MIRI_SHAPE[0] or columns < MIRI_SHAPE[1]):
            raise SkipStep("subarrays of MIRI are not corrected")

    def uses(self, exposure):
        """Weights for the IRS2 readout, kernels for SIRS, and none in other cases."""
        if is_irs2(exposure.shape_of("data")):
            return ("refpix",)
        striped = is_multistripe(exposure.meta) and is_subarray(exposure)
        others = exposure.meta.instrument.name == "MIRI" or striped
        return ("sirskernel",) if self.asks_for_sirs() and is_full_frame(exposure) and not others else ()

    def process(self, exposure, references):
        if is_irs2(exposure.data.shape):
            return self.correct_irs2(exposure, references)
        if exposure.meta.instrument.name == "MIRI":
            return self.correct_miri(exposure)
        if is_multistripe(exposure.meta) and is_subarray(exposure):
            return self.correct_stripes(exposure)
        return self.correct_near_infrared(exposure, references)

    def correct_irs2(self, exposure, references):
        """Correct NIRSpec in IRS2 readout, where reference pixels are read between the others."""
        correct_irs2(
            exposure,
            references["refpix"],
            bad_pixel_sigma=self.ovr_corr_mitigation_ftr,
            subtract_offsets=self.irs2_mean_subtraction,
            odd_even_columns=self.odd_even_columns,
            clipping_sigma=self.siglimit,
            keep_interleaved=self.preserve_irs2_refpix,
        )
        return exposure

    def correct_miri(self, exposure):
        """Correct a full frame of MIRI by the clipped means of its side pixels.

        The outputs read the columns of a row in turn: only the pixels at the sides see no light.
        """
        sections = edge_sections(current_backend().asnumpy(exposure.pixeldq), self.odd_even_rows)
        if sections is None:
            log.warning("An output has no good reference pixels: nothing is subtracted")
            return exposure
        log.info("%d reference pixels correct rows", len(sections.pixels))
        subtract_edge_pixels(exposure.data, on_backend(sections), self.siglimit)
        return exposure

    def correct_stripes(self, exposure):
        """Correct a subarray of stripes; the result of superstripes is a new exposure of whole frames."""
        axes = axes_of(exposure)
        sections = stripe_pixels(exposure, axes, self.odd_even_columns)
        self.subtract_means(exposure, axes, sections)
        return reassembled(exposure) if superstripes_of(exposure.meta) else exposure

    def correct_near_infrared(self, exposure, references):
        """Correct a full frame or a subarray of a near-infrared detector in traditional readout."""
        axes, window = readout_of(exposure)
        kernels = self.sirs_kernels(exposure, references)
        sections, sides = self.choose_pixels(exposure, axes, window)
        if kernels is None:
            self.subtract_means(exposure, axes, sections, sides)
        else:
            self.subtract_sirs(exposure, axes, sections, kernels)
        return exposure

    def subtract_means(self, exposure, axes, sections, sides=None):
        """Subtract clipped means and, given sides, running medians of side pixels, from groups and zero frames."""
        settings = axes, sections, sides, self.siglimit, self.side_gain
        subtract_reference_pixels(frames_of(exposure), *settings)
        if has_zero_frames(exposure):
            subtract_reference_pixels_zeroframe(exposure.zeroframe, *settings)

    def subtract_sirs(self, exposure, axes, sections, kernels):
        """Subtract clipped means, and what SIRS makes of the side pixels, from groups and zero frames."""
        settings = axes, sections, kernels, self.siglimit, self.sigreject
        subtract_sirs(frames_of(exposure), *settings)
        if has_zero_frames(exposure):
            subtract_sirs_zeroframe(exposure.zeroframe, *settings)

    def asks_for_sirs(self):
        """Whether the user wants SIRS."""
        return self.refpix_algorithm == "sirs" and self.use_side_ref_pixels

    def sirs_kernels(self, exposure, references):
        """The convolution kernels of SIRS, on the backend; None where the running median is to be used."""
        if not self.asks_for_sirs():
            return None
        if not is_full_frame(exposure):
            log.warning("SIRS needs a full frame: the running median is used")
            return None
        reference = references["sirskernel"]
        coefficients = {} if reference is None else reference.model.to_flat_dict()
        detector = exposure.meta.instrument.detector.lower()
        gamma, zeta = (coefficients.get(f"{detector}.{name}") for name in ("gamma", "zeta"))
        if gamma is None or zeta is None:
            log.warning("There is no sirskernel reference for %s: the running median is used", detector)
            return None
        try:
            kernels = sirs_kernels(np.asarray(gamma), np.asarray(zeta), self.gaussmooth, self.halfwidth)
        except ValueError as error:
            raise GpucalError(f"{exposure.source}: {reference.label}: {error}") from error
        return current_backend().asarray(kernels)

    def choose_pixels(self, exposure, axes, window):
        """The reference pixels that serve for columns and, where rows are corrected, for rows.

        Parameters
        ----------
        exposure : Exposure
            Its PIXELDQ tells which pixels are bad and, in subarrays, which are reference pixels.
        axes : Axes
            The directions of the readout.
        window : Window
            The part of the detector that the exposure holds.

        Returns
        -------
        sections : Sections
            Pixels for the columns, on the backend.
        sides : Sides or None
            Pixels for the rows, on the backend; None where rows are not corrected.
        """
        numbers = pixel_numbers(exposure.data.shape[-2:], axes)
        pixeldq = to_detector_frame(host_pixeldq(exposure), axes)
        sides = None
        if is_subarray(exposure) and exposure.meta.exposure.noutputs != 4:
            sections = single_output_sections(numbers, pixeldq, window, self.odd_even_columns)
        else:
            sections = four_output_sections(numbers, pixeldq, window, self.odd_even_columns)
            if self.use_side_ref_pixels:
                sides = self.lay_windows(exposure, numbers, pixeldq, window)
        log.info("%d reference pixels correct columns", len(sections.pixels))
        log.info("The running median of side pixels corrects rows" if sides else "Rows are not corrected")
        return on_backend(sections), on_backend(sides)

    def lay_windows(self, exposure, numbers, pixeldq, window):
        """The pixels under the running median; see `side_windows`."""
        try:
            return side_windows(numbers, pixeldq, window, self.side_smoothing_length)
        except ValueError as error:
            raise GpucalError(f"{exposure.source}: {error}") from error


def frames_of(exposure):
    """All groups of all integrations, as a view."""
    return exposure.data.reshape(-1, *exposure.data.shape[-2:])


def has_zero_frames(exposure):
    """Whether there are zero frames, by the keyword too."""
    return exposure.meta.exposure.zero_frame and exposure.has("zeroframe")


def is_subarray(exposure):
    """Whether a near-infrared exposure holds less than the full frame."""
    return min(exposure.shape_of("data")[-2:]) < FULL_FRAME


def is_full_frame(exposure):
    """Whether the name of the subarray is that of a full frame."""
    return "FULL" in str(exposure.meta.subarray.name)


def readout_of(exposure):
    """How an exposure was read out, and where on the detector it lies.

    Returns
    -------
    axes : Axes
        The directions of the readout.
    window : Window
        The part of the detector that the exposure holds.

    Raises
    ------
    GpucalError
        If the keywords do not tell.
    SkipStep
        If the subarray does not lie on the detector.
    """
    subarray = exposure.meta.subarray
    corner = subarray.ystart, subarray.xstart
    if None in corner:
        raise GpucalError(f"{exposure.source}: its keywords SUBSTRT1 and SUBSTRT2 are missing")
    axes = axes_of(exposure)
    first_row, first_column = (start - 1 for start in corner) if is_subarray(exposure) else (0, 0)
    try:
        return axes, detector_window(first_row, first_column, exposure.data.shape[-2:], axes)
    except ValueError as error:
        raise SkipStep(f"the subarray does not lie on the detector: {error}") from error


def axes_of(exposure):
    """The directions of the readout; raises `GpucalError` if the keywords do not tell."""
    try:
        return readout_axes(exposure.meta.subarray.fastaxis, exposure.meta.subarray.slowaxis)
    except ValueError as error:
        raise GpucalError(f"{exposure.source}: {error}") from error


def host_pixeldq(exposure):
    """Pixel flags on the host; substitutes for reference pixels carry the REFERENCE_PIXEL flag."""
    pixeldq = current_backend().asnumpy(exposure.pixeldq)
    if exposure.meta.subarray.name in EDGELESS_SUBARRAYS:
        log.info("%s holds no reference pixels: its outer columns serve", exposure.meta.subarray.name)
        pixeldq = pixeldq.copy()
        pixeldq[:, :BORDER] |= REFERENCE_PIXEL
        pixeldq[:, -BORDER:] |= REFERENCE_PIXEL
    return pixeldq
