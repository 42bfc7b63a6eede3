"""Open what a user hands over: a path or an open model."""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path

import numpy as np

from gpucal.data.dtypes import conform
from gpucal.data.exposure import ZERO_DEFAULTS, Exposure
from gpucal.data.files.compression import plain_name
from gpucal.data.files.keywords import keywords_of, refused_values
from gpucal.data.files.outline import read_outline
from gpucal.data.files.quiet import quietly
from gpucal.data.shapes import misfit
from gpucal.data.sizes import follow_array
from gpucal.data.slits import LISTS, Slits, arrays_of_slits
from gpucal.data.spectra import Spectra
from gpucal.data.spectra_files import read_spectra
from gpucal.data.spectrum import ENTRIES
from gpucal.errors import GpucalError
from gpucal.startup.asdf_start import read_with_extensions
from gpucal.startup.lazy import datamodels, fits

log = logging.getLogger(__name__)

# The exposure types of the guide star functions, whose raw exposures are no ramps.
GUIDE_STAR_TYPES = ("FGS_ID-IMAGE", "FGS_ID-STACK", "FGS_ACQ1", "FGS_ACQ2", "FGS_TRACK", "FGS_FINEGUIDE")


class InputError(GpucalError):
    """An input cannot be used; the message names it and says why."""


def expand(path: str | os.PathLike) -> Path:
    """A path with ``~`` and environment variables expanded."""
    return Path(os.path.expandvars(os.fspath(path))).expanduser()


def open_exposure(source) -> Exposure:
    """Open one exposure.

    Parameters
    ----------
    source : str, `os.PathLike`, `stdatamodels.jwst.datamodels.JwstDataModel` or Exposure
        A FITS or ASDF file, or an open model. A model is copied, and stays as it is. An exposure is
        returned as it is.

    Returns
    -------
    Exposure
        The exposure; a raw exposure is opened as a ramp, one of superstripes as a ``SuperstripeRampModel``,
        one of guide star data as a ``GuiderRawModel``. Keywords that tell another size than the main array has
        are corrected, with a warning.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read as a JWST product, its arrays do not fit each other, or one is of
        another type than its model asks for, and cannot be converted.
    """
    if isinstance(source, Exposure):
        return source
    if isinstance(source, datamodels.JwstDataModel):
        exposure = _exposure_of(_processed_as(source.copy()))
    else:
        path = expand(source)
        if path.is_dir():
            raise InputError(f"{path}: is a directory; name an exposure in it, or run gpucal batch on all of them")
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        exposure = _open_file(path)
    exposure.origin = source
    check_arrays(exposure)
    follow_array(exposure)
    return exposure


def check_arrays(exposure: Exposure) -> None:
    """See that arrays are of the types that the model asks for, and fit the main array.

    Raises
    ------
    InputError
        If they do not, or the main array is missing or empty.
    """
    fault = conform(exposure)
    primary = exposure.model.get_primary_array_name()
    if primary in exposure.array_names and not math.prod(exposure.shape_of(primary) or (0,)):
        fault = fault or f"holds no pixels (no group in its {primary} array)"
    if exposure.model_type in LISTS:
        fault = fault or _lack_of_slits(exposure)
    if fault := fault or misfit(exposure):
        raise InputError(f"{exposure.source}: {fault}")


def _lack_of_slits(exposure: Exposure) -> str | None:
    """What is missing, if there is no slit, or one without pixels."""
    empty = [slit.name for slit in exposure.slits if not math.prod(slit.shape_of("data") or (0,))]
    if empty:
        return f"slit {empty[0]} holds no pixels"
    return None if len(exposure.slits) else "holds no slits"


def _exposure_of(model: datamodels.JwstDataModel, source: str | None = None) -> Exposure:
    """A model as an exposure, or as spectra."""
    return (Spectra if type(model).__name__ in ENTRIES else Exposure)(model, source=source)


def _processed_as(model: datamodels.JwstDataModel) -> datamodels.JwstDataModel:
    """An open model as the steps take it."""
    if not isinstance(model, datamodels.Level1bModel):
        return model
    for name, array in model._instance.items():
        if getattr(array, "dtype", None) == np.uint16:
            model._instance[name] = array.astype(np.float32)
    raw = _raw_class(model.meta.exposure.type, model.meta.subarray.num_superstripe)(model)
    for name in ("groupdq", "pixeldq"):
        raw._instance.pop(name, None)
    return raw


def _raw_class(exposure_type: str | None, superstripes: int | None) -> type[datamodels.JwstDataModel]:
    """The model that a raw exposure is opened as; its flags, all zero, are made on the backend when needed."""
    if str(exposure_type).upper() in GUIDE_STAR_TYPES:
        return datamodels.GuiderRawModel
    return datamodels.SuperstripeRampModel if superstripes else datamodels.RampModel


def _open_file(path: Path) -> Exposure:
    try:
        is_fits = plain_name(path.name).lower().endswith((".fits", ".fit"))
        return _open_fits(path) if is_fits else _open_asdf(path)
    except (MemoryError, InputError):
        raise
    except Exception as error:
        raise InputError(f"{path}: cannot be read as a JWST product ({_one_line(error)})") from error


def _open_asdf(path: Path) -> Exposure:
    from stdatamodels.exceptions import NoTypeWarning

    with quietly(NoTypeWarning):
        exposure = _open_whole(path)
    if "parameters" in exposure.model._instance:
        raise InputError(f"{path}: holds parameters of a step, and no exposure; it goes in the place of the step")
    if exposure.model_type == "JwstDataModel":
        raise InputError(f"{path}: not a JWST product (its tree has no model_type)")
    return exposure


def _open_whole(path: Path, model_class: type | None = None) -> Exposure:
    read = model_class or datamodels.open
    with quietly(fits.verify.VerifyWarning):
        model = read_with_extensions(lambda: read(path, ignore_unrecognized_tag=True))
        return _exposure_of(_processed_as(model), str(path))


def _open_fits(path: Path) -> Exposure:
    """Open a FITS file, and tell which values of its header are not taken."""
    try:
        header = fits.getheader(path, ignore_missing_simple=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable FITS file ({_one_line(error)})") from error
    if "DATAMODL" not in header:
        raise InputError(f"{path}: not a JWST product (its header has no DATAMODL keyword)")
    exposure = _open_product(path, header)
    exposure.refused = refused_values(exposure.model, header)
    names = {keyword.path: keyword.name for keyword in keywords_of(exposure.model)}
    for place, value in exposure.refused.items():
        log.warning("%s: keyword %s is %r, which is no valid value: it is left out", path, names[place], value)
    return exposure


def _open_product(path: Path, header: fits.Header) -> Exposure:
    """Open a file with this primary header, its images to be read when they are used."""
    is_raw = header["DATAMODL"] == "Level1bModel"
    model_class = getattr(datamodels, header["DATAMODL"], None)
    if is_raw:
        model_class = _raw_class(header.get("EXP_TYPE"), header.get("SSTR_NST"))
    if model_class is None:
        return _open_whole(path)
    if model_class.__name__ in ENTRIES:
        model, spectra = read_spectra(path, model_class)
        return Spectra(model, spectra, str(path))
    try:
        if model_class.__name__ in LISTS:
            return _open_slits(path, model_class)
        outline = read_outline(path, model_class)
    except OSError as error:
        raise InputError(f"{path}: not a readable FITS file ({_one_line(error)})") from error
    if outline is None or any((model_class.__name__, name) not in ZERO_DEFAULTS for name in outline.defaults):
        return _open_whole(path, model_class)
    return Exposure(outline.model, str(path), outline.images)


def _open_slits(path: Path, model_class: type) -> Exposure:
    """Open a file of many slits, their pixels and coordinates to be read when they are used."""
    from gpucal.data.files.slit_reading import read_slits  # of no use to other models

    found = read_slits(path, model_class, LISTS[model_class.__name__], arrays_of_slits())
    if found is None:
        return _open_whole(path, model_class)
    return Exposure(found.model, str(path), slits=Slits.of_trees(found.trees, found.images))


def _one_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
