"""An exposure with one spectrum as a slit that is the whole of its frame, as later steps take it."""

from gpucal.data import Exposure
from gpucal.data.files.outline import images_of


def as_slit(exposure: Exposure) -> Exposure:
    """An exposure as a slit.

    Parameters
    ----------
    exposure : Exposure
        An image, or integrations; it is given away.

    Returns
    -------
    Exposure
        Of type ``SlitModel``, with the same arrays, metadata and times of integrations.
    """
    made = exposure.blank("SlitModel")
    made.membership, made.origin = exposure.membership, exposure.origin
    for name in images_of(made.model):
        if exposure.has(name):
            setattr(made, name, getattr(exposure, name))
    for name in ("int_times", "extra_fits"):
        if (table := exposure.model._instance.get(name)) is not None:
            made.model._instance[name] = table
    for name in ("xstart", "ystart", "xsize", "ysize"):
        setattr(made, name, getattr(exposure.meta.subarray, name))
    return made
