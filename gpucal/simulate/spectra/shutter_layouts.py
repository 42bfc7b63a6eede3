"""Many slitlets: configurations of as many as are asked for, whose spectra do not overlap."""

from dataclasses import replace

import numpy as np

from gpucal.simulate.errors import SimulationError
from gpucal.simulate.spectra.msa_metadata import MsaConfiguration, Slitlet
from gpucal.simulate.spectra.nirspec_settings import SHUTTERS_ALONG
from gpucal.simulate.spectra.slit_plans import SLIT_PLANS, SlitPlan
from gpucal.simulate.spectra.spectrum import with_lines

QUADRANTS = (3, 4)  # whose spectra NRS1 sees whole
ROWS = (80, 260)  # of shutters; spectra of the prism from one do not reach those from the other
EVERY = 3  # shutters from slitlet to slitlet along a row
MARGIN = 4  # shutters at the ends of a quadrant
SPREAD = 12  # shutters across, by which slitlets of a row differ
KINDS = ("point", "extended", "point", "background", "point", "virtual")  # of slitlets, in turn
EXTENDED_STELLARITY, POINT_STELLARITY = 0.2, 0.9
MOST = len(QUADRANTS) * len(ROWS) * ((SHUTTERS_ALONG - 2 * MARGIN) // EVERY)


def many_slitlets(number: int, seed: int = 1) -> SlitPlan:
    """A plan with the prism and as many slitlets of three shutters.

    Parameters
    ----------
    number : int
    seed : int
        Of the places and brightness of the sources.

    Returns
    -------
    SlitPlan

    Raises
    ------
    SimulationError
        None, or more than have room.
    """
    if not 0 < number <= MOST:
        raise SimulationError(f"there is room for 1 to {MOST} slitlets, not {number}")
    rng = np.random.default_rng(seed)
    slitlets, spectra = [], {}
    for index in range(number):
        place, row = divmod(index, len(QUADRANTS) * len(ROWS))
        quadrant, start = QUADRANTS[row % len(QUADRANTS)], ROWS[row // len(QUADRANTS)]
        first = MARGIN + EVERY * place
        columns = (first, first + 1, first + 2)
        where = int(start + rng.integers(-SPREAD, SPREAD + 1))
        kind, name = KINDS[index % len(KINDS)], index + 1
        if kind == "background":
            slitlets.append(Slitlet(name, quadrant, where, columns))
            continue
        stellarity = POINT_STELLARITY if kind == "point" else EXTENDED_STELLARITY
        inside = tuple(float(one) for one in rng.uniform(0.3, 0.7, 2))
        source = -name if kind == "virtual" else name
        slitlets.append(Slitlet(name, quadrant, where, columns, source, first + 1, inside, stellarity))
        if kind != "virtual":
            level = rng.uniform(0.5, 2) * (1e-5 if kind == "point" else 1.0)
            spectra[source] = with_lines(float(level), (0.8, 5.0), 4, width=8e-3)
    return replace(
        SLIT_PLANS["mos"],
        grating="PRISM",
        filter="CLEAR",
        configuration=MsaConfiguration(tuple(slitlets)),
        spectra=spectra,
    )
