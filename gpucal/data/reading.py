"""Open what a user hands over: a path or an open model."""

import os
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data.exposure import Exposure
from gpucal.errors import GpucalError

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
        one of guide star data as a ``GuiderRawModel``.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be read as a JWST product.
    """
    if isinstance(source, Exposure):
        return source
    if isinstance(source, datamodels.JwstDataModel):
        exposure = Exposure(_processed_as(source.copy()))
    else:
        path = expand(source)
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        exposure = Exposure(_open_file(path), source=str(path))
    _check_pixels(exposure)
    return exposure


def _check_pixels(exposure: Exposure) -> None:
    """Raise if the exposure's main array is missing or empty."""
    primary = exposure.model.get_primary_array_name()
    if primary in exposure.array_names and not (exposure.has(primary) and getattr(exposure, primary).size):
        raise InputError(f"{exposure.source}: holds no pixels (no group in its {primary} array)")


def _processed_as(model: datamodels.JwstDataModel) -> datamodels.JwstDataModel:
    """An open model as the steps take it."""
    if not isinstance(model, datamodels.Level1bModel):
        return model
    for name, array in model._instance.items():
        if getattr(array, "dtype", None) == np.uint16:
            model._instance[name] = array.astype(np.float32)
    return _raw_exposure(model, model.meta.exposure.type, model.meta.subarray.num_superstripe)


def _raw_exposure(source, exposure_type: str | None, superstripes: int | None) -> datamodels.JwstDataModel:
    """A raw exposure with float32 pixels; a ramp's flags, all zero, are made on the backend when needed."""
    if str(exposure_type).upper() in GUIDE_STAR_TYPES:
        return datamodels.GuiderRawModel(source)
    ramp = datamodels.SuperstripeRampModel(source) if superstripes else datamodels.RampModel(source)
    for name in ("groupdq", "pixeldq"):
        ramp._instance.pop(name, None)
    return ramp


def _open_file(path: Path) -> datamodels.JwstDataModel:
    is_fits = path.suffix.lower() in (".fits", ".fit")
    if is_fits:
        _check_whole(path)
    header = fits.getheader(path, ignore_missing_simple=False) if is_fits else {}
    if is_fits and "DATAMODL" not in header:
        raise InputError(f"{path}: not a JWST product (its header has no DATAMODL keyword)")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning)
            if header.get("DATAMODL") == "Level1bModel":
                return _raw_exposure(path, header.get("EXP_TYPE"), header.get("SSTR_NST"))
            return datamodels.open(path)
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(f"{path}: cannot be read as a JWST product ({_one_line(error)})") from error


def _check_whole(path: Path) -> None:
    """Raise if a FITS file is no FITS file, or does not end where its last readable extension does.

    Astropy warns of both. But warnings are made errors, or not, for the whole process, and other threads write files.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(path, memmap=True) as hdulist:
                end = max(hdu._data_offset + hdu._data_size for hdu in hdulist)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable FITS file ({_one_line(error)})") from error
    size = path.stat().st_size
    if size < end:
        raise InputError(f"{path}: truncated ({size} bytes of at least {end}); fetch the file again")
    with path.open("rb") as file:
        file.seek(end)
        if file.read().strip(b"\0"):  # zeros are mere padding
            raise InputError(f"{path}: not readable from byte {end} on (of {size} bytes); fetch the file again")


def _one_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
