"""The level of an image's background: one number, or a smooth model.

The model is that of `photutils.background.Background2D` (https://photutils.readthedocs.io): clipped medians in
boxes, smoothed and interpolated. No library has it for GPUs: the image crosses to the host for it, and the model back.
"""

import warnings

from gpucal.backend import array_namespace, current_backend
from gpucal.kernels.background.background_pixels import keep_background, lower_half_level

CLIP = 3.0
SMOOTHING = (5, 5)
LARGEST_BOX = 32


def background_level(image, mask, method="median", box_size=None):
    """Find the background of an image.

    Parameters
    ----------
    image : (ny, nx) float32 array
        The image, finite in the mask.
    mask : (ny, nx) bool array
        The pixels that may be background, edited: outliers are taken out.
    method : str
        ``median`` for one number, ``model`` for a smooth image.
    box_size : (int, int), optional
        Rows and columns of the boxes of the model; by default the largest up to 32 that divide the image.

    Returns
    -------
    () or (ny, nx) float array
        The background. One number also where the model cannot be made.
    """
    keep_background(image, mask, CLIP, CLIP, lower_half_level)
    model = smooth_model(image, mask, box_size) if method == "model" else None
    xp = array_namespace(image)
    return xp.nanmedian(image[mask]) if model is None else model


def smooth_model(image, mask, box_size=None):
    """The smooth model of a background, on the backend; None where too few pixels are in the mask."""
    from astropy.stats import SigmaClip
    from astropy.utils.exceptions import AstropyUserWarning
    from photutils.background import Background2D, MedianBackground

    backend = current_backend()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyUserWarning)
        try:
            model = Background2D(
                backend.asnumpy(image),
                box_size or [largest_divisor(size) for size in image.shape],
                mask=~backend.asnumpy(mask),
                filter_size=SMOOTHING,
                sigma_clip=SigmaClip(sigma=CLIP, maxiters=5),
                bkg_estimator=MedianBackground(),
            )
        except ValueError:
            return None
    return backend.asarray(model.background)


def largest_divisor(size: int) -> int:
    """The largest number up to 32 that divides a size."""
    return max(box for box in range(1, LARGEST_BOX + 1) if size % box == 0)


def fill_flat(flat):
    """A flat field whose pixels that are zero or not finite have the value of a smooth model.

    Parameters
    ----------
    flat : (ny, nx) float32 array
        Relative response.

    Returns
    -------
    (ny, nx) float32 array
        The flat itself, where nothing is missing.
    """
    xp = array_namespace(flat)
    missing = (flat == 0) | ~xp.isfinite(flat)
    if not missing.any():
        return flat
    return xp.where(missing, background_level(flat, ~missing, "model"), flat)
