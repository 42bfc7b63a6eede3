"""What the search for outliers saves on the way: drizzled groups, the median, and what it shows of each exposure."""

import numpy as np

from gpucal.backend import current_backend
from gpucal.data import Members
from gpucal.steps.parts.mosaics.mosaic_keywords import write_grid, write_region, write_times


def save_drizzled(step, members, group, image, weights, fill: float) -> None:
    """Save a drizzled group as ``<first exposure>_outlier_i2d``.

    Parameters
    ----------
    step : OutlierDetectionStep
        With its parameters.
    members : Members
        All exposures.
    group : DrizzledGroup
        See `gpucal.steps.parts.outliers.images`.
    image, weights : (ny, nx) float32 array
        On the rows and columns of the group.
    fill : float
        The value of pixels without weight.
    """
    xp, shape = current_backend().xp, group.drizzling.grid.shape
    place = group.rows, group.columns
    whole, weight = xp.full(shape, fill, xp.float32), xp.zeros(shape, xp.float32)
    whole[place] = xp.where(weights == 0, whole[place], image)
    weight[place] = weights
    _save(step, _on_grid(step, members, group, data=whole, wht=weight), members[group.places[0]], "outlier_i2d")


def save_median(step, members, group, median) -> None:
    """Save a median as ``<first exposure>_median``, with the header of the first group; None stands for an exposure."""
    like, first = members[0] if group is None else _on_grid(step, members, group), members[0]
    product = like.blank("ImageModel", data=median)
    product.set_wcs(like.get_wcs().to_tree())
    _save(step, product, first, "median")


def save_blot(step, exposure, expected) -> None:
    """Save what a median shows of an exposure, as ``<exposure>_blot``."""
    _save(step, exposure.blank("ImageModel", data=expected), exposure, "blot")


def save_series_median(step, exposure, medians, model_type: str) -> None:
    """Save the median of integrations, or one for each, as ``<exposure>_median``."""
    _save(step, exposure.blank(model_type, data=medians), exposure, "median")


def save_differences(step, members, detector: str, found, window: tuple[int, int]) -> None:
    """Save how pixels differ from their neighbours as ``<first exposure>_<detector>_outlier_output``.

    Parameters
    ----------
    step : OutlierDetectionStep
        With its parameters.
    members : Members
        All exposures.
    detector : str
        Of these, those that were compared.
    found : Differences
        See `gpucal.steps.parts.outliers.ifu`.
    window : tuple of int
        The window of the running median.
    """
    arrays = {"minarr": found.least, "normarr": found.normalized.medians, "minnorm": found.normalized.values}
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    arrays["diffarr"] = current_backend().xp.stack(found.of_exposures)
    product = members[0].blank("OutlierIFUOutputModel", **arrays)
    product.meta.kernel_xsize, product.meta.kernel_ysize = window
    product.meta.threshold_percent = step.threshold_percent
    _save(step, product, members[0], f"{detector.lower()}_outlier_output")


def save_slit_drizzled(step, exposure, wcs, layer, fill: float) -> None:
    """Save a resampled spectrum as ``<exposure>_<slit>_outlier_s2d``.

    Parameters
    ----------
    step : OutlierDetectionStep
        With its parameters.
    exposure : Exposure
        The first of its group.
    wcs : Wcs
        Of the resampled pixels.
    layer : Layer
        See `gpucal.steps.parts.outliers.spectra`.
    fill : float
        The value of pixels without weight.
    """
    xp = current_backend().xp
    values = {name: xp.where(layer.weight == 0, xp.float32(fill), getattr(layer, name)) for name in ("image", "error")}
    product = exposure.blank("SlitModel", data=values["image"], err=values["error"], wht=layer.weight)
    product.set_wcs(wcs.to_tree())
    for name in ("pixfrac", "kernel", "fillval", "weight_type"):
        setattr(product.meta.resample, name, getattr(step, name))
    product.meta.cal_step.resample = "COMPLETE"
    _save(step, product, exposure, _of_slit(exposure, "outlier_s2d"))


def save_slit_median(step, exposure, wcs, median, error) -> None:
    """Save the median of spectra and of their errors as ``<exposure>_<slit>_median``."""
    product = exposure.blank("ImageModel", data=median, err=error)
    product.set_wcs(wcs.to_tree())
    _save(step, product, exposure, _of_slit(exposure, "median"))


def save_slit_blot(step, exposure, expected, error) -> None:
    """Save what a median shows of an exposure, and its error, as ``<exposure>_<slit>_blot``."""
    _save(step, exposure.blank("ImageModel", data=expected, err=error), exposure, _of_slit(exposure, "blot"))


def _of_slit(exposure, suffix: str) -> str:
    """A suffix that tells the slit too, where it has a name: an exposure may have several."""
    name = exposure.model._instance.get("name")
    return f"{name.lower()}_{suffix}" if name else suffix


def _on_grid(step, members, group, **arrays):
    """An image on the grid of the mosaic, with the header of the first exposure of a group."""
    chosen = Members([members[place] for place in group.places], members.membership)
    product, grid = chosen.blank("ImageModel", **arrays), group.drizzling.grid
    meta = product.meta
    if meta.bunit_err is not None:
        del meta.bunit_err
    write_times(meta, chosen, [range(len(chosen))])
    meta.resample.pointings, meta.resample.pixel_scale_ratio = 1, grid.pixel_scale_ratio
    for name in ("pixfrac", "kernel", "fillval", "weight_type"):
        setattr(meta.resample, name, getattr(step, name))
    write_grid(product, grid)
    write_region(meta, members, grid)
    product.set_wcs(grid.wcs.to_tree())
    meta.cal_step.resample = "COMPLETE"
    return product


def _save(step, product, exposure, suffix: str) -> None:
    product.membership = exposure.membership
    step.save(product, suffix, output_file=exposure.source)
