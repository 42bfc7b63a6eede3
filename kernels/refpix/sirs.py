"""Simple improved reference subtraction: drift along the slow axis, from nearly optimal use of the side pixels.

The drift of each output is the sum of the signals at the left and at the right edge, each convolved with a
kernel that a reference file gives by its Fourier coefficients. Convolutions are divided by those of the fraction
of good pixels, so that bad ones need no replacement.

Source: Rauscher et al. 2022, JATIS 8, 028002, and the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace
from gpucal.kernels.readout.detector_frame import to_detector_frame
from gpucal.kernels.refpix.means import column_signal
from gpucal.kernels.refpix.sections import BORDER

DEVIATION_FROM_MEDIAN = 1.48


def sirs_kernels(gamma, zeta, gaussmooth, halfwidth):
    """Convolution kernels of the left and the right edge; on the host.

    Parameters
    ----------
    gamma, zeta : (noutputs, nslow + 1) complex array
        Fourier coefficients of the kernels for the left and for the right edge.
    gaussmooth : float
        Standard deviation, in rows, of the Gaussian that smooths them.
    halfwidth : int
        Rows to either side of the central one that they reach.

    Returns
    -------
    (2, noutputs, 2 * halfwidth + 1) float64 array
        Kernels, the left edge first.

    Raises
    ------
    ValueError
        If the kernels reach further than the coefficients tell.
    """
    center = gamma.shape[-1] - 1
    if not 0 <= halfwidth < center:
        raise ValueError(f"halfwidth={halfwidth} is not between 0 and {center - 1}")
    offsets = np.arange(-halfwidth, halfwidth + 1)
    smooth = np.exp(-0.5 * (offsets / gaussmooth) ** 2)
    smooth /= smooth.sum()
    whole = np.fft.fftshift(np.fft.irfft([gamma, zeta], axis=-1), axes=-1)
    cut = whole[..., center - halfwidth : center + halfwidth + 1]
    return np.apply_along_axis(np.convolve, -1, cut.astype(np.float64), smooth, mode="same")


def subtract_sirs(frames, axes, sections, kernels, siglimit, sigreject, single=1):
    """Correct full frames for their columns by the clipped means, and for their rows by SIRS; in place.

    Parameters
    ----------
    frames : (nframes, ny, nx) float32 array
        DN, edited; C-contiguous.
    axes : Axes
        The directions of the readout.
    sections : Sections
        The pixels at the bottom and top edges, on the backend.
    kernels : (2, noutputs, width) float64 array
        Made by `sirs_kernels`, on the backend.
    siglimit : float
        Clipping limit of the means, in standard deviations.
    sigreject : float
        Side pixels further than this from their median, in standard deviations, are bad.
    single : int
        The first frames, whose means are found in single precision; those of the others in double precision.
        The very first frame of an exposure is one, as in jwst.
    """
    noutputs = kernels.shape[1]
    for number, frame in enumerate(frames):
        precision = np.float32 if number < single else np.float64
        columns = column_signal(frame.reshape(1, -1), sections, siglimit, precision)
        stored = to_detector_frame(frame, axes)
        image = (stored - columns).astype(np.float64)
        width = image.shape[1] // noutputs
        for output, rows in enumerate(row_signals(image, kernels, sigreject)):
            image[:, output * width : (output + 1) * width] -= rows[:, None]
        stored[...] = image


def subtract_sirs_zeroframe(zeroframe, axes, sections, kernels, siglimit, sigreject):
    """Correct the zero frames as all others, in place; zero marks an unusable value, and stays zero.

    Parameters
    ----------
    zeroframe : (nints, ny, nx) float32 array
        First frame of each integration, DN, edited; C-contiguous.
    axes, sections, kernels, siglimit, sigreject
        As in `subtract_sirs`.
    """
    unusable = zeroframe == 0
    subtract_sirs(zeroframe, axes, sections, kernels, siglimit, sigreject, single=0)
    zeroframe[unusable] = 0


def row_signals(image, kernels, sigreject):
    """Drift of the rows of each output.

    Parameters
    ----------
    image : (nslow, nfast) float64 array
        A frame in the detector frame, DN, less the drift of its columns.
    kernels, sigreject
        As in `subtract_sirs`.

    Returns
    -------
    (noutputs, nslow) float64 array
        DN.
    """
    xp = array_namespace(image)
    signals = 0
    for edge, kernel in zip((image[:, :BORDER], image[:, -BORDER:]), kernels, strict=True):
        distance = xp.abs(edge - xp.median(edge))
        good = distance <= sigreject * DEVIATION_FROM_MEDIAN * xp.median(distance)
        level = convolved((edge * good).mean(axis=1), kernel)
        signals = signals + level * convolved(xp.ones(len(edge)), kernel) / convolved(
            good.mean(axis=1), kernel
        )
    return signals


def convolved(values, kernels):
    """Convolution with each kernel; beyond its ends a series is zero.

    Parameters
    ----------
    values : (n,) float64 array
        A series.
    kernels : (nkernels, width) float64 array
        Of odd width.

    Returns
    -------
    (nkernels, n) float64 array
    """
    xp = array_namespace(values)
    width = kernels.shape[1]
    padded = xp.pad(values, width // 2)
    under = xp.arange(len(values))[:, None] + xp.arange(width)
    return kernels[:, ::-1] @ padded[under].T
