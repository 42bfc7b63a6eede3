"""The levels of the backgrounds of images: one number each, or a smooth model.

The model is that of `photutils.background.Background2D` (https://photutils.readthedocs.io): clipped medians in
boxes, smoothed and interpolated. No library has it for GPUs: the image crosses to the host for it, and the model back.
"""

import warnings

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.strips import in_a_row
from gpucal.kernels.background.background_pixels import keep_background, lower_half_level
from gpucal.kernels.statistics.stripe_medians import masked_median

CLIP = 3.0
SMOOTHING = (5, 5)
LARGEST_BOX = 32


def background_levels(images, masks, method="median", box_size=None):
    """Find the backgrounds of images.

    Parameters
    ----------
    images : (nimages, ny, nx) float32 array
        The images, finite in the masks.
    masks : (nimages, ny, nx) bool array
        The pixels that may be background, edited: outliers are taken out.
    method : str
        ``median`` for one number, ``model`` for a smooth image.
    box_size : (int, int), optional
        Rows and columns of the boxes of the model; by default the largest up to 32 that divide the image.

    Returns
    -------
    (nimages, 1, 1) or (nimages, ny, nx) float32 array
        The backgrounds: medians if these are asked for or no model can be made; NaN if the mask is empty.
    """
    keep_background(images, masks, CLIP, CLIP, lower_half_level)
    if method != "model":
        return medians_of(images, masks)
    models = [smooth_model(image, mask, box_size) for image, mask in zip(images, masks, strict=True)]
    xp, missing = array_namespace(images), [model is None for model in models]
    if not any(missing):
        return xp.stack(models)
    medians = medians_of(images, masks)
    if all(missing):
        return medians
    alternatives = zip(models, xp.broadcast_to(medians, images.shape), strict=True)
    return xp.stack([median if model is None else model for model, median in alternatives])


def medians_of(images, masks):
    """Medians of images in their masks, (nimages, 1, 1); NaN where a mask is empty."""
    medians = masked_median(in_a_row(images), in_a_row(masks), 1)[..., None]
    medians[~masks.any(axis=(1, 2))] = np.nan
    return medians


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
    return xp.where(missing, background_levels(flat[None], ~missing[None], "model")[0], flat)
