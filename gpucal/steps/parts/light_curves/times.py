"""The times of the integrations of an exposure."""

from typing import NamedTuple

import numpy as np

from gpucal.data import InputError
from gpucal.data.segments import first_integration


class Times(NamedTuple):
    """Middles of integrations, each a (nints,) float64 array: MJD (UTC), and BJD (TDB) less 2400000.5."""

    mjd: np.ndarray
    bjd: np.ndarray


def times_of(exposure) -> Times:
    """The times of the integrations of an exposure, or of its segment; NaN where its table does not have them.

    Raises
    ------
    InputError
        If it has no table of times, or none of its integrations is in it.
    """
    table = getattr(exposure.model, "int_times", None)
    if table is None or not len(table):
        raise InputError(
            f"{exposure.source}: has no table of the times of its integrations (INT_TIMES), which a light curve needs; "
            "run calwebb_detector1 on a raw exposure that has it"
        )
    nints = exposure.shape_of("data")[0]
    numbers = np.asarray(table["integration_number"])
    places = {int(number): place for place, number in reversed(list(enumerate(numbers)))}
    wanted = [places.get(first_integration(exposure) + 1 + place, -1) for place in range(nints)]
    if max(wanted) < 0:
        first = first_integration(exposure) + 1
        raise InputError(
            f"{exposure.source}: its table of times (INT_TIMES) is of the integrations {numbers.min()} to "
            f"{numbers.max()}, and these are {first} to {first + nints - 1} (INTSTART)"
        )
    times = []
    for name in ("int_mid_MJD_UTC", "int_mid_BJD_TDB"):
        column = np.append(np.asarray(table[name], float), np.nan)
        times.append(column[wanted])
    return Times(*times)
