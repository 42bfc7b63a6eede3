"""Write products whole or not at all."""

import os
import shutil
import tempfile
import warnings
from pathlib import Path

from gpucal.data.asdf_start import prepare_asdf
from gpucal.errors import GpucalError
from gpucal.lazy import fits


class OutputError(GpucalError):
    """A product cannot be written; the message names it and says why."""


def make_output_directory(directory: str | os.PathLike) -> Path:
    """Make a directory for products, and see that it can be written to.

    Raises
    ------
    OutputError
        If it cannot be made, or is not writable.
    """
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{directory}: cannot make the output directory ({error.strerror})") from error
    if not os.access(directory, os.W_OK):
        raise OutputError(f"{directory}: the output directory is not writable")
    return directory


def write_model(model, path: str | os.PathLike) -> Path:
    """Save a model under its final name only once it is complete.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        The complete model; ``meta.filename`` becomes the file's name.
    path : path
        The file to write. An older file of that name is replaced.

    Returns
    -------
    Path
        The path written.

    Raises
    ------
    OutputError
        If the directory or the file cannot be written (no such directory, no permission, disk full).
        Nothing is then left under the final name, or the older file is still there.
    """
    path = Path(path)
    make_output_directory(path.parent)
    workplace = None
    try:
        workplace = Path(tempfile.mkdtemp(prefix=".gpucal-", dir=path.parent))
        partial = workplace / path.name
        prepare_asdf(model._instance)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning)
            model.save(partial)
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        if workplace is not None:
            shutil.rmtree(workplace, ignore_errors=True)
    return path
