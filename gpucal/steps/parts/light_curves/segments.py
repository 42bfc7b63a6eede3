"""The spectra of the segments of a series, or of several exposures, as one product."""

from collections.abc import Sequence

import numpy as np

from gpucal.data.blending import blend
from gpucal.data.members import Members
from gpucal.data.spectra import Spectra

# Tables of times, and the columns that tell their rows apart.
TIMES = {"int_times": ("integration_number",), "int_times_stripe": ("integration_number", "stripe_number")}


def joined(spectra: Sequence[Spectra], members: Members) -> Spectra:
    """One product of the spectra of several.

    Parameters
    ----------
    spectra : sequence of Spectra
        In order of time.
    members : Members
        What they were extracted from, and others: the product has the times of all integrations of these.

    Returns
    -------
    Spectra
        With all tables, a header that is blended of theirs, and the region of the first member.
    """
    product = Spectra.like(
        spectra[0], spectra[0].model_type, [one for each in spectra for one in each.spectra]
    )
    blend(product.model, [each.model for each in spectra])
    for name, keys in TIMES.items():
        table = joined_times([getattr(one.model, name, None) for one in members], keys)
        if table is not None:
            product.model._instance[name] = table
    meta, membership = product.meta, members.membership
    meta.asn.table_name, meta.asn.pool_name = membership.table, membership.pool
    meta.target.source_type = None
    for name in ("adaptive_trace_model", "pixel_replace"):
        told = {getattr(each.meta.cal_step, name) for each in spectra}
        setattr(meta.cal_step, name, "COMPLETE" if "COMPLETE" in told else next(iter(told)))
    product.spectra[0].values["s_region"] = members.meta.wcsinfo.s_region
    return product


def joined_times(tables: Sequence, keys: Sequence[str]):
    """The rows of several tables of times as one, in order; of rows for the same integration the last.

    Parameters
    ----------
    tables : sequence of structured array or None
        Those of segments; None for one that lacks it.
    keys : sequence of str
        Columns that tell rows apart.

    Returns
    -------
    structured array or None
        Of the kind of the first; None where no segment has a table.
    """
    given = [table for table in tables if table is not None and len(table)]
    if not given:
        return None
    rows = np.concatenate([np.array(table) for table in given])
    _, places = np.unique(rows[list(keys)][::-1], return_index=True)
    return rows[::-1][places].view(type(given[0])).copy()
