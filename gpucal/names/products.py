"""Names of product files: which ending of a name is a suffix, and how a new one replaces it.

A product of the observatory is named ``<base>_<suffix>.<extension>``. The suffix says what the file holds:
``uncal`` raw ramps, ``rate`` count rates, or the name of the step that wrote it.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gpucal.data.files.compression import plain_name
from gpucal.names.steps import STEPS

PRODUCTS = (
    "uncal", "ramp", "rate", "rateints", "fitopt", "dark",
    "bsub", "bsubints", "mbsub", "cal", "calints", "crf", "crfints",
    "median", "blot", "snr", "x1d", "x1dints", "c1d", "i2d", "s2d", "s3d",
    "cat", "segm", "phot", "whtlt", "psfstack", "psfalign", "psfsub", "contrast",
    "ami", "ami-oi", "amimulti-oi", "amilg", "amiavg", "aminorm", "aminorm-oi", "psf-ami", "psf-ami-oi", "psf-amiavg",
    "wfscmb",
)

# Names that steps bore in configuration files of earlier years.
OTHER_NAMES = ("engdblog", "spec2nrslamp", "stackrefs", "wfscombine")

SUFFIXES = frozenset(
    {*PRODUCTS, *STEPS, *(entry.class_name.lower() for entry in STEPS.values()), *OTHER_NAMES}
)

# The shortest base, hence the longest suffix: `x_dq_init` is `x` and `dq_init`.
_NAME = rf"(?P<base>.+?)(?P<separator>[_-])(?P<suffix>{'|'.join(sorted(SUFFIXES))})"


class NameParts(NamedTuple):
    """A name without extension, taken apart at its suffix."""

    base: str
    separator: str
    suffix: str | None


def split_suffix(name: str) -> NameParts:
    """Take a name apart at its suffix, if it ends with a known one after ``_`` or ``-``.

    Parameters
    ----------
    name : str
        A file's name without directory and extension.

    Returns
    -------
    NameParts
        The whole name, ``_`` and None where the name ends with no known suffix.
    """
    match = re.fullmatch(_NAME, name)
    return NameParts(**match.groupdict()) if match else NameParts(name, "_", None)


def remove_suffix(name: str) -> tuple[str, str | None]:
    """The name without its suffix, and the suffix (None if it has no known one)."""
    parts = split_suffix(name)
    return parts.base, parts.suffix


def base_name(path: str | os.PathLike) -> str:
    """The name of a file without directory, suffix and extension: ``star`` of ``raw/star_rate.fits.gz``."""
    return split_suffix(_stem(path)).base


def _stem(path: str | os.PathLike) -> str:
    """The name of a file without directory and extension, and without that of a compression."""
    return os.path.splitext(plain_name(os.path.basename(os.fspath(path))))[0]


def product_path(
    input_name: str | os.PathLike,
    suffix: str | None,
    *,
    output_dir: str | os.PathLike | None = None,
    output_file: str | os.PathLike | None = None,
    ext: str = ".fits",
    index: int | None = None,
    components: Sequence[str] = (),
) -> Path:
    """Name the file that a product is saved in: ``<dir>/<base>[_<index>][_<component>...]_<suffix><ext>``.

    Parameters
    ----------
    input_name : path
        The input file, or the product name of an association. Its directory does not count, nor that it is
        compressed.
    suffix : str or None
        What the product is. It takes the place of a known suffix, after the same separator (``_`` or ``-``).
        None leaves the base name as it is.
    output_dir : path, optional
        Where to save; ``~`` and environment variables are expanded. By default the working directory.
    output_file : path, optional
        The base name to use in place of ``input_name``. Of this, too, only the last part counts.
    ext : str, optional
        The extension, with its dot or without.
    index : int, optional
        The product's number among several of the same kind.
    components : sequence of str, optional
        Other parts to put between base and suffix, such as a slit's name.

    Returns
    -------
    pathlib.Path
    """
    name = _stem(output_file or input_name)
    base, separator = (name, "") if suffix is None else split_suffix(name)[:2]
    parts = [base, *(str(part) for part in (index, *components) if part is not None)]
    filename = "_".join(parts) + separator + (suffix or "") + "." + ext.removeprefix(".")
    directory = os.path.expandvars(os.path.expanduser(os.fspath(output_dir or "")))
    return Path(directory, filename)
