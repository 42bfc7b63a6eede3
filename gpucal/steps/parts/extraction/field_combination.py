"""Spectra of the sources of fields, from tables of exposures: sources taken apart, exposures joined, means tabulated.

Source: the ``combine_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/combine_1d/description.html.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.data.flat_spectra import LENGTH, SOURCE, empty_table, fill, vectors_of, widened
from gpucal.data.spectra import Spectra
from gpucal.data.spectrum import Spectrum, layout_of

MODEL, COMBINED = "WFSSMultiSpecModel", "WFSSMultiCombinedSpecModel"

# Values of a table that are those of each of its spectra.
OF_TABLES = ("spectral_order", "dispersion_direction", "exposure_time", "integration_time")

# Values of a source that are columns of both tables.
OF_SOURCES = ("source_type", "source_ra", "source_dec")

# What jwst 3.0.0 calls a source that has no spectrum of an order.
NOBODY = -999


def joined(products: Sequence[Spectra]) -> Spectra:
    """The spectra of several exposures as one product: all tables have a row for each source of any of them.

    Parameters
    ----------
    products : sequence of Spectra
        Of type ``WFSSMultiSpecModel``. Tables that say that they are of one exposure and order become one.

    Returns
    -------
    Spectra
        With the metadata of the first.
    """
    given = [spectrum for product in products for spectrum in product.spectra]
    sources = np.unique(np.concatenate([spectrum.table[SOURCE] for spectrum in given]))
    groups: dict[object, list[Spectrum]] = {}
    for place, spectrum in enumerate(given):
        groups.setdefault(spectrum["group_id"] or place, []).append(spectrum)
    times = {name: given[0][name] for name in ("exposure_time", "integration_time")} if as_peer() else {}
    made = []
    for alike in groups.values():
        length = max(spectrum.table["WAVELENGTH"].shape[1] for spectrum in alike)
        tables = [widened(spectrum.table, MODEL, sources, length) for spectrum in alike]
        for other in tables[1:]:
            has_spectrum = other[LENGTH] > 0
            tables[0][has_spectrum] = other[has_spectrum]
        made.append(Spectrum({**alike[0].values, **times}, tables[0], given[0].units))
    return Spectra.like(products[0], MODEL, made)


def spectra_of_sources(spectrum: Spectrum) -> Iterator[Spectrum]:
    """The spectra in a table of an exposure, as such by themselves; rows without one are left out."""
    table, vectors = spectrum.table, vectors_of(MODEL)
    dtype = np.dtype([(name, table.dtype[name].base) for name in vectors])
    common = {name: spectrum[name] for name in OF_TABLES}
    for row in table:
        length = int(row[LENGTH])
        if not length:
            continue
        own = np.empty(length, dtype)
        for name in vectors:
            own[name] = row[name][:length]
        values = {"source_id": int(row[SOURCE]), "source_type": row["SOURCE_TYPE"].decode(), **common}
        values |= {name: float(row[name.upper()]) for name in OF_SOURCES[1:]}
        yield Spectrum(values, own, spectrum.units)


def combined_tables(found: Mapping[tuple[int, int], Spectrum]) -> list[Spectrum]:
    """Tables of combined spectra, one for each spectral order, with a row for each source.

    Parameters
    ----------
    found : mapping of (int, int) to Spectrum
        The combined spectrum of each source and order.
    """
    sources = np.unique([source for source, _order in found])
    units = {**dict(layout_of(COMBINED).units), **next(iter(found.values())).units}
    made = []
    for order in dict.fromkeys(order for _source, order in found):
        own = [spectrum for (_source, one), spectrum in found.items() if one == order]
        counts = np.array([len(spectrum.table) for spectrum in own])
        table = empty_table(COMBINED, sources, int(counts.max()))
        rows = np.searchsorted(sources, [spectrum["source_id"] for spectrum in own])
        names = vectors_of(COMBINED)
        fill(table, rows, counts, {name: np.concatenate([one.table[name] for one in own]) for name in names})
        for row, spectrum in zip(rows, own, strict=True):
            for name in OF_SOURCES:
                table[name.upper()][row] = spectrum[name]
        if as_peer():
            table[SOURCE][table[LENGTH] == 0] = NOBODY
            table = table[np.argsort(table[SOURCE], kind="stable")]
        values = {"spectral_order": order, "dispersion_direction": own[0]["dispersion_direction"]}
        made.append(Spectrum(values, table, units))
    return made
