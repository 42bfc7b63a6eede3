"""How stages 2 and 3 of integral fields agree with the peer: every product of both pipelines, simulated observations.

``python -m bench.parity_ifu`` writes the table into docs/parity.md. Stage 3 of both gets what stage 2 of gpucal made.
"""

import tempfile
from pathlib import Path

from bench.parity_pipelines import Agreements, both, compare_cases, stage2_of_spectra
from bench.standards import Standard
from gpucal.simulate import CubeObservation, MrsPlan, NirspecIfuPlan, observe_mrs, observe_nirspec_ifu

TWO = MrsPlan().dithers[:2]
CASES = {
    "MRS channels 1 and 2 x 2": (observe_mrs, MrsPlan(dithers=TWO)),
    "MRS channels 3 and 4 x 2": (observe_mrs, MrsPlan(detectors=("MIRIFULONG",), dithers=TWO)),
    "NIRSpec G395M x 2, imprint and background": (observe_nirspec_ifu, NirspecIfuPlan(dithers=TWO)),
}


def measure_case(case: str, standard: Standard) -> Agreements:
    """The agreement of each product of one observation."""
    simulate, plan = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        observed: CubeObservation = simulate(place, plan)
        with observed.crds():
            yield from stage2_of_spectra(observed.level2, place, standard)
            for association in observed.level3:
                yield from both("calwebb_spec3", association, place, standard)


if __name__ == "__main__":
    compare_cases(__doc__, "parity-ifu", tuple(CASES), measure_case)
