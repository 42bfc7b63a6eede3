"""Which spectral orders of a field are extracted, and between which wavelengths: the wavelengthrange reference.

Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/wavelengthrange_reffile.html.
"""

from collections.abc import Sequence

from gpucal.reference import ReferenceFileError
from gpucal.reference.files import Reference
from gpucal.reference.trees import tree_of

Ranges = dict[int, tuple[float, float]]


def filter_of(exposure) -> str:
    """The element that selects wavelengths: of NIRISS it is in the wheel of pupils."""
    instrument = exposure.meta.instrument
    return instrument.pupil if str(instrument.name).upper() == "NIRISS" else instrument.filter


def extracted_ranges(exposure, reference: Reference, orders: Sequence[int] | None = None) -> Ranges:
    """The ranges of the orders of an exposure that are extracted.

    Parameters
    ----------
    exposure : Exposure
    reference : Reference
        Of type ``wavelengthrange``.
    orders : sequence of int, optional
        By default those that the reference names for the filter.

    Returns
    -------
    dict of int to (float, float)
        Shortest and longest wavelength, micron, by order.

    Raises
    ------
    ReferenceFileError
        If the reference is for exposures of another type, or has no row for an order.
    """
    tree = _checked(exposure, reference)
    wanted = filter_of(exposure)
    if orders is None:
        listed = [row[1] for row in tree["extract_orders"] if row[0] == wanted]
        if not listed:
            raise ReferenceFileError(f"{reference.label} does not say which orders of {wanted} to extract")
        orders = listed[-1]
    return _ranges(tree, reference, wanted, orders)


def all_ranges(exposure, reference: Reference, orders: Sequence[int] | None = None) -> Ranges:
    """The ranges of all orders that the reference has for the filter, or of some of them; see `extracted_ranges`."""
    tree = _checked(exposure, reference)
    wanted = filter_of(exposure)
    there = [order for order in tree["order"] if _rows(tree, order, wanted)]
    return _ranges(tree, reference, wanted, there if orders is None else [one for one in there if one in orders])


def _checked(exposure, reference: Reference) -> dict:
    """The tree of the reference."""
    tree, kind = tree_of(reference), str(exposure.meta.exposure.type).upper()
    made_for = str(reference.meta.exposure.type).upper()
    if kind.partition("_")[2] not in made_for:
        raise ReferenceFileError(f"{reference.label} is for exposures of type {made_for}, not of {kind}")
    missing = [name for name in ("wavelengthrange", "extract_orders", "order") if name not in tree]
    if missing:
        raise ReferenceFileError(f"{reference.label} lacks {', '.join(missing)}")
    return tree


def _ranges(tree: dict, reference: Reference, wanted: str, orders: Sequence[int]) -> Ranges:
    made = {}
    for order in orders:
        rows = _rows(tree, order, wanted)
        if not rows:
            raise ReferenceFileError(f"{reference.label} has no wavelengths of order {order} of {wanted}")
        made[int(order)] = rows[0]
    return made


def _rows(tree: dict, order: int, wanted: str) -> list[tuple[float, float]]:
    """The ranges of an order; newer files of series name the field point between order and filter."""
    return [(float(row[-2]), float(row[-1])) for row in tree["wavelengthrange"] if (row[0], row[-3]) == (order, wanted)]
