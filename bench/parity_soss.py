"""How series of SOSS agree with the peer: every product of stages 2 and 3, on simulated observations.

``python -m bench.parity_soss`` writes the table into docs/parity.md. The grid of wavelengths is a small one, as the
peer inverts a dense matrix of it. Stage 3 of both gets what stage 2 of gpucal made.
"""

import tempfile
from pathlib import Path

from bench.parity_pipelines import Agreements, both, compare_cases, stage2_of_spectra
from bench.standards import Standard
from gpucal.simulate import SossPlan, observe_soss

ON_GRID = {"extract_1d": {"soss_max_grid_size": 2000}}
BOXES = {"extract_1d": {"soss_atoca": False}}
CASES = {
    "SUBSTRIP256": (SossPlan(nints=3), ON_GRID),
    "SUBSTRIP96": (SossPlan("SUBSTRIP96", nints=3), ON_GRID),
    "boxes": (SossPlan(nints=3), BOXES),
    "wheel turned": (SossPlan(nints=2, position=245.88, transit=None), BOXES),
}


def measure_case(case: str, standard: Standard) -> Agreements:
    """The agreement of each product of one observation."""
    plan, steps = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        observed = observe_soss(place, plan)
        with observed.crds():
            yield from stage2_of_spectra(observed.level2, place, standard, steps=steps)
            yield from both("calwebb_tso3", observed.level3, place, standard, steps=steps)


if __name__ == "__main__":
    compare_cases(__doc__, "parity-soss", tuple(CASES), measure_case)
