"""The ipc step."""

from gpucal.backend import array_namespace
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.kernels.ramps.ipc import correct_ipc
from gpucal.kernels.readout.irs2_layout import is_irs2
from gpucal.readouts.irs2 import normal_rows_of

# Rows and columns of the full frame that are not reference pixels. Instruments that are not listed have a border of 4.
SCIENCE_PIXELS = {"MIRI": (range(1024), range(4, 1028))}
NEAR_INFRARED_SCIENCE_PIXELS = (range(4, 2044), range(4, 2044))


class IPCStep(Step):
    """Undo the coupling of neighbouring pixels by inter-pixel capacitance in all groups.

    Reference pixels, those interleaved by IRS2 too, zero frames, errors and flags are left as they are.

    Multistripe subarrays are corrected as if their rows were neighbours. The step is skipped for those whose
    start is the last row of the detector or close to it, since it is read first: their keywords do not tell
    which rows see light.
    """

    class_alias = "ipc"
    reference_file_types = ("ipc",)
    input_types = ("RampModel", "SuperstripeRampModel")
    by_integration = True

    def check_applies(self, exposure):
        """Not if no pixel sees light."""
        if any(part.stop < part.start for part in science_pixels(exposure.meta)):
            raise SkipStep("no pixel of the subarray sees light, by the place that its keywords tell")

    def process(self, exposure, references):
        pixels = science_pixels(exposure.meta)
        try:
            if is_irs2(exposure.data.shape):
                correct_normal_pixels(exposure, references["ipc"].array("data"), pixels)
            else:
                correct_ipc(exposure.data, deconvolution_kernel(references["ipc"], exposure), *pixels)
        except ValueError as error:
            raise GpucalError(f"{exposure.source}: {references['ipc'].label}: {error}") from error
        return exposure


def correct_normal_pixels(exposure, kernel, pixels):
    """Correct an IRS2 exposure, frame by frame: its normal pixels, side by side as on the detector.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    kernel : (nky, nkx) or (nky, nkx, 2048, 2048) float32 array
        On the backend.
    pixels : tuple of range
        Rows and columns of the detector that are not reference pixels.
    """
    normal = normal_rows_of(exposure)
    for integration in exposure.data:
        for frame in integration:
            image = frame[normal]
            correct_ipc(image[None, None], kernel, *pixels)
            frame[normal] = image


def deconvolution_kernel(reference, exposure):
    """The kernel of all pixels, or the kernels of the pixels of the exposure.

    Parameters
    ----------
    reference : Reference
        An ipc reference. It has no subarray keywords: kernels with four axes cover the full frame.
    exposure : Exposure
        Kernels with four axes are cut to its subarray.

    Returns
    -------
    (nky, nkx) or (nky, nkx, ny, nx) float32 array
        On the backend.
    """
    kernel = reference.array("data")
    if kernel.ndim < 4 or kernel.shape[-2:] == exposure.data.shape[-2:]:
        return kernel
    subarray = exposure.meta.subarray
    first_row, first_column = subarray.ystart - 1, subarray.xstart - 1
    rows = slice(first_row, first_row + subarray.ysize)
    columns = slice(first_column, first_column + subarray.xsize)
    return array_namespace(kernel).ascontiguousarray(kernel[..., rows, columns])


def science_pixels(meta):
    """Rows and columns of an exposure that are not reference pixels.

    Parameters
    ----------
    meta : metadata tree
        Holds the instrument and the subarray.

    Returns
    -------
    tuple of range
        Rows and columns, counted from the exposure's first pixel.

    Raises
    ------
    GpucalError
        If the header does not tell where the subarray is.
    """
    subarray = meta.subarray
    if None in (subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize):
        raise GpucalError(f"{meta.filename}: ipc needs the keywords SUBSTRT1, SUBSTRT2, SUBSIZE1 and SUBSIZE2")
    rows, columns = SCIENCE_PIXELS.get(meta.instrument.name.upper(), NEAR_INFRARED_SCIENCE_PIXELS)
    return (
        _within(rows, subarray.ystart - 1, subarray.ysize),
        _within(columns, subarray.xstart - 1, subarray.xsize),
    )


def _within(science, start, size):
    return range(max(0, science.start - start), min(size, science.stop - start))
