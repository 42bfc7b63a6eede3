"""What the headers of a product tell of it."""

from pathlib import Path
from typing import NamedTuple

from gpucal.data.files.keywords import keywords_of
from gpucal.errors import GpucalError
from gpucal.startup.lazy import datamodels, fits

# Keywords of optics, in the order in which they are told.
OPTICS = ("INSTRUME", "DETECTOR", "FILTER", "PUPIL", "GRATING", "CORONMSK", "CHANNEL", "BAND", "SUBARRAY")
NOT_APPLICABLE = "N/A"
NOTHING = ("N/A", "NONE", "CLEAR", "UNKNOWN", "")


class Product(NamedTuple):
    """A product.

    Attributes
    ----------
    path : Path
    model : str
        Its data model, such as ``ImageModel``.
    exp_type : str
        EXP_TYPE; empty where there is none.
    is_series : bool
        Whether it was taken as a time series.
    optics, target, time, program : str
        In words; empty where nothing is known.
    arrays : list of str
        Extensions with their sizes.
    done, skipped : list of str
        Steps that are told to be complete, or skipped.
    references : list of str
    """

    path: Path
    model: str
    exp_type: str
    is_series: bool
    optics: str
    target: str
    time: str
    program: str
    arrays: list[str]
    done: list[str]
    skipped: list[str]
    references: list[str]


def read_product(path: Path) -> Product:
    """Read the headers of a product.

    Raises
    ------
    GpucalError
        If it is none.
    """
    try:
        with fits.open(path) as hdus:
            header = hdus[0].header.copy()
            arrays = [words for hdu in hdus if (words := _array_words(hdu))]
    except OSError as error:
        raise GpucalError(f"{path}: not a readable FITS file ({error})") from error
    if "DATAMODL" not in header:
        raise GpucalError(f"{path}: not a JWST product (its header has no DATAMODL keyword)")
    statuses = _by_place(header, "meta.cal_step.")
    references = _by_place(header, "meta.ref_file.")
    return Product(
        path,
        header["DATAMODL"],
        str(header.get("EXP_TYPE", "")).upper(),
        bool(header.get("TSOVISIT", False)),
        " ".join(str(header[name]) for name in OPTICS if str(header.get(name, "")).upper() not in NOTHING),
        _joined(header.get("TARGNAME") or header.get("TARGPROP"), header.get("PROGRAM"), "program"),
        str(header.get("DATE-BEG") or header.get("DATE-OBS") or ""),
        _joined(header.get("CAL_VER"), header.get("CRDS_CTX"), "context"),
        arrays,
        [name for name, status in statuses.items() if status == "COMPLETE"],
        [name for name, status in statuses.items() if status == "SKIPPED"],
        [
            f"{name.removesuffix('.name')}: {value}"
            for name, value in references.items()
            if name.endswith(".name") and value != NOT_APPLICABLE
        ],
    )


def _by_place(header, beginning: str) -> dict[str, str]:
    """Values of a header by the rest of their places in the metadata, of those that begin so."""
    known = keywords_of(datamodels.ImageModel())
    places = {one.path.removeprefix(beginning): one.name for one in known if one.path.startswith(beginning)}
    order = {name: place for place, name in enumerate(header)}
    there = [(place, name) for place, name in places.items() if name in order]
    return {place: str(header[name]) for place, name in sorted(there, key=lambda one: order[one[1]])}


def _array_words(hdu) -> str:
    if hdu.name in ("PRIMARY", "ASDF") or hdu.header.get("NAXIS", 0) == 0:
        return ""
    if isinstance(hdu, fits.BinTableHDU):
        rows = hdu.header["NAXIS2"]
        return f"{hdu.name}: a table of {rows} row{'s' * (rows != 1)}"
    axes = [str(hdu.header[f"NAXIS{number}"]) for number in range(1, hdu.header["NAXIS"] + 1)]
    return f"{hdu.name}: {' x '.join(axes)}"


def _joined(value, other, name: str) -> str:
    return "" if value is None else f"{value}, {name} {other}" if other is not None else str(value)
