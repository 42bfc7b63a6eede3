"""An exposure with one spectrum as a slit that is the whole of its frame, as later steps take it."""

from gpucal.data import Exposure
from gpucal.data.files.outline import images_of
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model


def as_slit(exposure: Exposure) -> Exposure:
    """An exposure as a slit.

    Parameters
    ----------
    exposure : Exposure
        An image, or integrations; it is given away.

    Returns
    -------
    Exposure
        Of type ``SlitModel``, with the same arrays, metadata and tables.
    """
    model = new_model(datamodels.SlitModel, validate_on_assignment=False)
    model._validate_on_assignment = exposure.model._validate_on_assignment
    rest = {name: value for name, value in exposure.model._instance.items() if name not in exposure.array_names}
    model._instance |= rest
    model._instance["meta"] = {**rest["meta"], "model_type": "SlitModel"}
    made = Exposure(model, exposure.source)
    made.membership, made.origin = exposure.membership, exposure.origin
    for name in images_of(model):
        if exposure.has(name):
            setattr(made, name, getattr(exposure, name))
    for name in ("xstart", "ystart", "xsize", "ysize"):
        setattr(made, name, getattr(exposure.meta.subarray, name))
    return made
