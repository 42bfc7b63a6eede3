"""How stages 2 and 3 of slit spectra agree with the peer: every product of both pipelines, on simulated observations.

``python -m bench.parity_slits`` writes the table into docs/parity.md. Stage 3 of both gets what stage 2 of gpucal
made.
"""

import tempfile
from pathlib import Path

from bench.parity_pipelines import Agreements, both, compare_cases, stage2_of_spectra
from bench.standards import Standard
from gpucal.simulate import SlitObservation, observe_slits

PLANS = ("fixedslit", "mos", "bots", "lrs", "lrs-slitless")


def measure_plan(plan: str, standard: Standard) -> Agreements:
    """The agreement of each product of one observation."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        observed: SlitObservation = observe_slits(place, plan)
        with observed.crds():
            yield from stage2_of_spectra(observed.level2, place, standard)
            if observed.level3 is not None:
                yield from both("calwebb_spec3", observed.level3, place, standard)


if __name__ == "__main__":
    compare_cases(__doc__, "parity-slits", PLANS, measure_plan)
