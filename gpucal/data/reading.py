"""Open what a user hands over: a path or an open model."""

import os
import warnings
from pathlib import Path

from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data.exposure import Exposure
from gpucal.errors import GpucalError

# A raw exposure is processed as a ramp: float32 pixels and data quality arrays.
_OPENED_AS = {"Level1bModel": "RampModel"}


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
        The exposure; a raw exposure is opened as a ramp.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be read as a JWST product.
    """
    if isinstance(source, Exposure):
        return source
    if isinstance(source, datamodels.JwstDataModel):
        exposure = Exposure(_as_ramp(source.copy()))
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


def _as_ramp(model: datamodels.JwstDataModel) -> datamodels.JwstDataModel:
    wanted = _OPENED_AS.get(type(model).__name__)
    return _without_flags(getattr(datamodels, wanted)(model)) if wanted else model


def _without_flags(ramp: datamodels.RampModel) -> datamodels.RampModel:
    """A ramp made of a raw exposure: its flags, all zero, are made on the backend when they are needed."""
    for name in ("groupdq", "pixeldq"):
        ramp._instance.pop(name, None)
    return ramp


def _open_file(path: Path) -> datamodels.JwstDataModel:
    is_fits = path.suffix.lower() in (".fits", ".fit")
    if is_fits:
        _check_whole(path)
    try:
        kind = fits.getval(path, "DATAMODL", ignore_missing_simple=False) if is_fits else None
    except KeyError:
        raise InputError(f"{path}: not a JWST product (its header has no DATAMODL keyword)") from None
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning)
            if kind in _OPENED_AS:
                return _without_flags(getattr(datamodels, _OPENED_AS[kind])(path))
            return datamodels.open(path)
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(f"{path}: cannot be read as a JWST product ({_one_line(error)})") from error


def _check_whole(path: Path) -> None:
    """Raise if a FITS file is no FITS file or ends before its last extension does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", category=fits.verify.VerifyWarning)
            warnings.filterwarnings("error", message="File may have been truncated")
            with fits.open(path, memmap=True) as hdulist:
                end = max(hdu._data_offset + hdu._data_size for hdu in hdulist)
    except (OSError, Warning, ValueError) as error:
        raise InputError(f"{path}: not a readable FITS file ({_one_line(error)})") from error
    size = path.stat().st_size
    if size < end:
        raise InputError(f"{path}: truncated ({size} bytes of at least {end}); fetch the file again")


def _one_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
