"""Images of an extraction that a user may ask for: what counts of each pixel, the model of the pixels, and the rest."""

import numpy as np

from gpucal.backend import current_backend
from gpucal.steps.parts.extraction.lines import Result


def save_images(step, exposure, result: Result) -> None:
    """Save those that the parameters of the step ask for.

    Parameters
    ----------
    step : Step
        With its parameters ``save_profile``, ``save_scene_model`` and ``save_residual_image``.
    exposure : Exposure
        What was extracted.
    result : Result
        Of slits of one kind.
    """
    wanted = []
    if step.save_profile:
        wanted.append(("profile", _profiles(result), False))
    if step.save_scene_model:
        wanted.append(("scene_model", result.images[0], True))
    if step.save_residual_image:
        wanted.append(("residual", result.images[1], True))
    is_list = exposure.model_type == "MultiSlitModel"
    for suffix, packed, by_integration in wanted:
        for job, image in zip(result.placed.jobs, _slices(result, packed, by_integration), strict=True):
            product = exposure.blank("CubeModel" if image.ndim == 3 else "ImageModel", data=image.astype(np.float32))
            product.model._instance["meta"].pop("wcs", None)
            product.model._instance["name"] = job.name
            step.save(product, f"{job.name.lower()}_{suffix}" if is_list else suffix)


def _profiles(result: Result):
    """The part of each pixel that counts, packed; where two profiles are fitted, their sum."""
    placed = result.placed
    if len(placed.jobs[0].profiles) < 2:
        return placed.weights
    second = [job.profiles[1].reshape(-1) for job in placed.jobs]
    xp = current_backend().xp
    return placed.weights + xp.where(xp.isfinite(placed.wavelength), xp.concatenate(second), 0.0)


def _slices(result: Result, packed, by_integration: bool):
    """The images of slits in a packed plane; of more than one integration a cube."""
    begin, count = 0, result.nints if by_integration else 1
    for job in result.placed.jobs:
        size = count * int(np.prod(job.geometry.shape))
        image = packed[begin : begin + size].reshape(count, *job.geometry.shape)
        yield image if count > 1 else image[0]
        begin += size
