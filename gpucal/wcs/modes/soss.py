"""Single object slitless spectra of NIRISS: every pixel sees the target, at the wavelength of each of three orders.

The wavelength is that of a table by row and column of the full frame, one for each order. The WCS takes the order as
third coordinate.

Source: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/exp_types.html.
"""

from collections.abc import Mapping

from gpucal.wcs import frames
from gpucal.wcs.modes.imaging import subarray_shift
from gpucal.wcs.nodes import beside, bounding_box, chain, constant, node, remap
from gpucal.wcs.velocity import velocity_correction
from gpucal.wcs.world import Wcs

ORDERS = (1, 2, 3)


def soss_wcs(meta, tables: Mapping[int, object]) -> Wcs:
    """The WCS of an exposure of SOSS.

    Parameters
    ----------
    meta
        Its metadata, with the target's coordinates.
    tables : mapping of int to node
        For each order, the wavelength (micron) by row and column of the full frame.

    Returns
    -------
    Wcs
        Frames ``detector`` and ``world``: right ascension, declination and wavelength; from x, y and the order.
    """
    velocity = meta.wcsinfo.velosys
    correction = [] if velocity is None else [velocity_correction(velocity)]
    corner = subarray_shift(meta)
    models = []
    for order in ORDERS:
        wavelength = chain(tables[order], *correction)
        sky = beside(constant(meta.target.ra), constant(meta.target.dec), wavelength)
        model = chain(remap([0, 1, 1, 0]), sky, name=f"Order{order}")
        if corner is not None:
            model = chain(corner, model)
            x, y = model["inputs"]
            size = meta.subarray.xsize, meta.subarray.ysize
            model["bounding_box"] = bounding_box(**{x: (-0.5, size[0] - 0.5), y: (-0.5, size[1] - 0.5)})
        models.append(model)
    to_sky = node(
        "niriss_soss",
        inputs=["x", "y", "spectral_order"],
        models=models,
        name="3-order SOSS Model",
        outputs=["ra", "dec", "lam"],
        spectral_orders=list(ORDERS),
    )
    world = frames.composite(
        "world", frames.sky("sky", ("ra", "dec")), frames.spectral("spectral", "wavelength")
    )
    return Wcs((frames.plane("detector", ("x", "y"), "pixel"), world), (to_sky,))
