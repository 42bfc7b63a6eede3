"""Files of spectra: written and read with nothing done for each value of each spectrum but to copy it.

All but the tables of spectra, and what the tree says of them, is written and read by stdatamodels.
"""

from __future__ import annotations

import hashlib
import io
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from gpucal.data.files.binary_tables import RawHdu, header_bytes, raw_hdus, table_bytes, table_of, value_of
from gpucal.data.files.compression import open_plain
from gpucal.data.files.embedded_tree import EXTENSION, EmbeddedTree, table_in_file
from gpucal.data.files.quiet import quietly
from gpucal.data.spectrum import ENTRIES, LIST, TABLE, Layout, Spectrum, layout_of
from gpucal.startup.asdf_start import read_with_extensions
from gpucal.startup.lazy import asdf, fits
from gpucal.startup.schemas import new_model

# The table of the headers of the exposures that a product is made of: it stands behind the spectra.
HEADERS = "HDRTAB"


def write_spectra(model, spectra: list[Spectrum], path: str | os.PathLike) -> None:
    """Write spectra as stdatamodels would.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        Metadata and tables, without the spectra.
    spectra : list of Spectrum
    path : path
        The file.
    """
    from stdatamodels.fits_support import to_fits

    model.on_save(str(path))
    with quietly():
        hdus = to_fits(model._instance, model._schema)
        tree = EmbeddedTree(bytes(hdus[EXTENSION].data[0][0]))
        del hdus[EXTENSION]
        before = io.BytesIO()
        hdus.writeto(before)
    before.seek(0)
    others = [(hdu.name, hdu.header + hdu.data) for hdu in raw_hdus(before)]
    layout, entries = layout_of(type(model).__name__), []
    content = [written for name, written in others if name != HEADERS]
    digest = hashlib.sha256("".join(str(hdu.header) for hdu in hdus).encode())
    pixels: dict[int, np.ndarray] = {}
    for version, spectrum in enumerate(spectra, start=1):
        header = header_bytes(
            spectrum.table, tuple(spectrum.units.items()), layout.extension, version, _cards(layout, spectrum)
        )
        digest.update(header)
        content += [header, table_bytes(spectrum.table)]
        entries.append(_entry(spectrum, version, layout, model, pixels))
    tree.add(LIST, entries)
    tree.replace_hash(digest.hexdigest())
    with open(path, "wb") as file:
        file.writelines([*content, *(written for name, written in others if name == HEADERS), tree.extension_bytes()])


def _cards(layout: Layout, spectrum: Spectrum):
    """The values of a spectrum that stand in the header of its table."""
    for name, keyword, comment in layout.keywords:
        value = spectrum.values.get(name)
        if value is not None:
            yield keyword, value.item() if isinstance(value, np.generic) else value, comment


def _entry(spectrum: Spectrum, version: int, layout: Layout, model, pixels: dict) -> dict:
    """What the tree says of a spectrum."""
    values = {name: value for name, value in spectrum.values.items() if value is not None}
    table = table_in_file(layout.extension, version, spectrum.table.dtype, len(spectrum.table))
    entry = {**values, TABLE: table, "meta": {"date": model.meta.date, "model_type": ENTRIES[type(model).__name__]}}
    length = len(spectrum.wavelength)
    tree = spectrum.wcs_tree(pixels.setdefault(length, np.arange(length, dtype=float)))
    if tree is not None:
        entry["meta"]["wcs"] = asdf.tagged.TaggedDict(tree.content, tree.tag)
    return entry


def read_spectra(path: Path, model_class: type) -> tuple[object, list[Spectrum]]:
    """Read spectra.

    Parameters
    ----------
    path : Path
        A FITS file.
    model_class : type
        The class of its model, of `ENTRIES`.

    Returns
    -------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        All but the spectra.
    spectra : list of Spectrum

    Raises
    ------
    OSError, ValueError
        If it is no FITS file, or ends before its last extension does.
    """
    layout, spectra, rest = layout_of(model_class.__name__), [], []
    with open_plain(path) as file:
        for hdu in raw_hdus(file):
            if hdu.name == layout.extension:
                spectra.append(_spectrum(hdu, layout))
            elif hdu.name == EXTENSION:
                rest.append(_without_spectra(hdu))
            else:
                rest += [hdu.header, hdu.data]
    settings = {"ignore_unrecognized_tag": True}
    with quietly():
        hdus = fits.HDUList.fromstring(b"".join(rest))
        model = read_with_extensions(lambda: new_model(model_class, hdus, **settings))
    return model, spectra


def _without_spectra(hdu: RawHdu) -> bytes:
    (size,) = (value_of(card) for card in hdu.cards if card.startswith("NAXIS1  "))
    return EmbeddedTree(hdu.data[:size]).without(LIST).extension_bytes()


def _spectrum(hdu: RawHdu, layout: Layout) -> Spectrum:
    """A spectrum of its extension."""
    cards = {card[:8].rstrip(): card for card in hdu.cards}
    place = hdu.cards.index(cards["EXTNAME"])
    rows = value_of(cards["NAXIS2"])
    columns = (card for card in hdu.cards[:place] if card[:5] in ("TTYPE", "TFORM", "TUNIT"))
    dtype, units = _columns(tuple(columns), layout)
    values = {one.name: value_of(cards[one.keyword]) for one in layout.keywords if one.keyword in cards}
    if dtype.itemsize != value_of(cards["NAXIS1"]):
        raise ValueError(f"the columns of {hdu.name} have other types than those of jwst")
    sky = (values["slit_ra"], values["slit_dec"]) if "slit_ra" in values else None
    return Spectrum(values, table_of(hdu.data, dtype, rows), dict(units), sky)


@lru_cache(maxsize=64)
def _columns(cards: tuple[str, ...], layout: Layout) -> tuple[np.dtype, tuple]:
    """The type of a table, and the units of its columns, from the cards that tell of them."""
    told: dict[str, dict[str, str]] = {"TTYPE": {}, "TFORM": {}, "TUNIT": {}}
    for card in cards:
        told[card[:5]][card[5:8].strip()] = value_of(card)
    listed = dict(layout.columns)
    fields = []
    for number, name in told["TTYPE"].items():
        length = told["TFORM"][number][:-1]
        if name not in listed:
            raise ValueError(f"there is no column {name} in spectra")
        kind = listed[name] if listed[name].kind != "S" else np.dtype(f"S{length}")
        is_vector = length not in ("", "1") and kind.kind != "S"
        fields.append((name, kind, (int(length),) if is_vector else ()))
    units = tuple((told["TTYPE"][number], unit) for number, unit in told["TUNIT"].items())
    return np.dtype(fields), units
