"""The references that coronagraphic exposures have beside those of images: the mask of the alignment."""

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.simulate.distortion import pixel_scale
from gpucal.simulate.references import USE_AFTER, digest
from gpucal.simulate.starlight.coronagraphs import Coronagraph
from gpucal.simulate.starlight.coronagraphy_headers import star_place

FORMAT = 1
BORDER = 8  # pixels at the edges that do not count


def provide_psfmask(cache, coronagraph: Coronagraph, subarray):
    """Write the mask of a coronagraph if it is not in the cache, and make that serve it.

    Parameters
    ----------
    cache : CrdsCache
    coronagraph : Coronagraph
    subarray : Subarray

    Returns
    -------
    Path
    """
    name = f"jwst_{coronagraph.instrument.lower()}_psfmask_{digest([FORMAT, coronagraph, subarray])}.fits"
    path = cache.reference_path(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        model = datamodels.PsfMaskModel(data=weights(coronagraph, subarray.shape))
        meta = model.meta
        meta.reftype, meta.description = "psfmask", f"Simulated psfmask of {coronagraph.mask}"
        meta.author, meta.pedigree, meta.useafter = "gpucal simulate", "DUMMY", USE_AFTER
        meta.instrument.name, meta.instrument.detector = coronagraph.instrument, coronagraph.detector
        meta.instrument.filter, meta.instrument.coronagraph = coronagraph.filter, coronagraph.mask
        meta.exposure.type, meta.telescope = coronagraph.exp_type, "JWST"
        meta.subarray.name = subarray.name
        for place in ("xstart", "ystart", "xsize", "ysize"):
            setattr(meta.subarray, place, getattr(subarray, place))
        model.save(path)
    values = coronagraph.filter, coronagraph.mask, subarray.name
    cache.serve(coronagraph.instrument, {"psfmask": (values, path.name)})
    return path


def weights(coronagraph: Coronagraph, shape: tuple[int, int]) -> np.ndarray:
    """How much each pixel counts: nothing at the edges, and little behind the mask, (ny, nx) float32."""
    y, x = np.indices(shape)
    x0, y0 = star_place(shape)
    radius = np.hypot(x - x0, y - y0) * pixel_scale(coronagraph.detector)
    made = 1 - np.exp(-((radius / (0.5 * coronagraph.radius)) ** 4))
    for axis in (0, 1):
        edges = np.moveaxis(made, axis, 0)
        edges[:BORDER] = edges[-BORDER:] = 0
    return made.astype(np.float32)
