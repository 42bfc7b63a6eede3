"""The light of a source in an aperture, less a background from a ring about it, in each integration.

Source: the ``tso_photometry`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/tso_photometry/description.html.
"""

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.series.aperture_sums import Radii, Sums, sum_apertures, sum_frames
from gpucal.steps.parts.light_curves.source_places import Integrations

# Columns of the ring, which are NaN where there is none.
OF_RING = (
    "annulus_sum",
    "annulus_sum_err",
    "annulus_mean",
    "annulus_mean_err",
    "aperture_bkg",
    "aperture_bkg_err",
)


def aperture_columns(integrations: Integrations, x, y, radii: Radii) -> dict[str, np.ndarray]:
    """The light in a circle less that of a ring.

    Parameters
    ----------
    integrations : Integrations
    x, y : (nints,) float64 array
        The middle of the circle.
    radii : Radii

    Returns
    -------
    dict of str to (nints,) float64 array
        Sums and their errors, by the name of the column; and how many pixels do not count. A pixel without a value is
        left out of the sum, and its area out of the background.
    """
    backend, parts = current_backend(), []
    for block in integrations.blocks():
        planes = integrations.plane("data", block), integrations.plane("err", block)
        parts.append(sum_apertures(*planes, *(backend.asarray(one[block]) for one in (x, y)), radii))
    sums = Sums(
        *(np.concatenate([backend.asnumpy(one) for one in each]) for each in zip(*parts, strict=True))
    )
    error, ring_error = np.sqrt(sums.variance), np.sqrt(sums.ring_variance)
    mean, mean_error = sums.ring_total / sums.ring_area, ring_error / sums.ring_area
    background, background_error = mean * sums.area, mean_error * sums.area
    ring = sums.ring_total, ring_error, mean, mean_error, background, background_error
    return {
        "aperture_sum": sums.total,
        "aperture_sum_err": error,
        **dict(zip(OF_RING, ring, strict=True)),
        "net_aperture_sum": sums.total - background,
        "net_aperture_sum_err": np.hypot(error, background_error),
        "aperture_bad_pixels": sums.lost.astype(int),
        "annulus_bad_pixels": sums.ring_lost.astype(int),
    }


def frame_columns(integrations: Integrations) -> dict[str, np.ndarray]:
    """The light of whole frames, as `aperture_columns` gives that of an aperture; there is no background."""
    asnumpy, parts = current_backend().asnumpy, []
    for block in integrations.blocks():
        found = sum_frames(integrations.plane("data", block), integrations.plane("err", block))
        parts.append([asnumpy(one) for one in found])
    total, variance, lost = (np.concatenate(each) for each in zip(*parts, strict=True))
    error = np.sqrt(variance)
    return {
        "aperture_sum": total,
        "aperture_sum_err": error,
        **{name: np.full(len(total), np.nan) for name in OF_RING},
        "net_aperture_sum": total,
        "net_aperture_sum_err": error,
        "aperture_bad_pixels": lost.astype(int),
        "annulus_bad_pixels": np.zeros(len(total), int),
    }
