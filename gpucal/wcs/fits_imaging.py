"""The WCS of FITS images: shift to a reference pixel, linear matrix, projection, and the sky about a reference point.

Sources: Calabretta & Greisen (2002), A&A 395, 1077; the schema ``fitswcs_imaging`` of gwcs,
https://gwcs.readthedocs.io.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.wcs.nodes import beside, chain, node, scale, shift


def fits_imaging(crpix: Sequence[float], crval: Sequence[float], cdelt: Sequence[float], pc: np.ndarray):
    """The transform of an image that touches the sky in a tangent plane.

    Parameters
    ----------
    crpix : sequence of float
        x and y of the reference pixel, from 0.
    crval : sequence of float
        Right ascension and declination of it, degrees.
    cdelt : sequence of float
        Degrees of a pixel along both axes.
    pc : (2, 2) array
        The linear matrix.
    """
    return node(
        "fitswcs_imaging",
        crpix=np.array(crpix, np.float64),
        crval=np.array(crval, np.float64),
        cdelt=np.array(cdelt, np.float64),
        pc=np.array(pc, np.float64),
        inputs=["x", "y"],
        outputs=["lon", "lat"],
        projection=node("gnomonic", direction="pix2sky", inputs=["x", "y"], outputs=["phi", "theta"]),
    )


def as_chain(transform):
    """The same transform as a chain of simpler ones, which have inverses and instructions."""
    crpix, crval, cdelt = (np.asarray(transform[name], float) for name in ("crpix", "crval", "cdelt"))
    names = {"inputs": ["x", "y"], "outputs": ["x", "y"]}
    return chain(
        beside(shift(-crpix[0]), shift(-crpix[1])),
        node("affine", matrix=np.asarray(transform["pc"], float), translation=np.zeros(2), **names),
        beside(scale(cdelt[0]), scale(cdelt[1])),
        transform["projection"],
        about(crval),
    )


def about(crval: Sequence[float]):
    """From the native sphere of a tangent plane to the sky; its pole is at the reference point, north is up."""
    longitude, latitude = map(float, crval)
    return node(
        "rotate3d",
        direction="native2celestial",
        inputs=["phi_N", "theta_N"],
        outputs=["alpha_C", "delta_C"],
        phi=longitude,
        psi=180.0 if latitude < 90 else 0.0,
        theta=latitude,
    )
