"""Time ``calwebb_coron3`` and ``calwebb_ami3`` of jwst and of gpucal, by turns, from start to exit.

``python -m bench.starlight`` simulates observations with coronagraphs and through a mask, and calibrates them by stage
2 of gpucal; stage 3 runs on all exposures, with all products saved. It writes ``docs/benchmarks/starlight.json``, a
picture of it, and the tables of ``docs/benchmarks.md``. Results of cases that are left out are kept.

gpucal runs as it does for a user, with the alignment that aligns: products differ from those of jwst for that.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.cases import elsewhere
from bench.image_stages import run
from bench.processes import PROGRAMS, measure
from bench.whole_runs import measure_by_turns, programs
from gpucal.simulate import CoronagraphyPlan, InterferometryPlan, observe_coronagraph, observe_interferometer

KINDS = {"stage3": "3, all exposures"}
COLUMNS = ("observation", "stage")
ENVIRONMENT = {"STPIPE_DISABLE_CRDS_STEPPARS": "true"}


@dataclass(frozen=True)
class StarlightCase:
    """An observation to simulate, and the pipelines that run on it.

    Attributes
    ----------
    simulate : callable
        ``simulate(directory, *arguments)`` gives the observation, in a process of its own.
    arguments : tuple
    stage2, stage3 : str
        The pipelines on its associations ``level2`` and ``level3``; stage 2 is not measured.
    """

    simulate: Callable
    arguments: tuple
    stage2: str
    stage3: str

    def make(self, directory: Path):
        """Simulate it, and run stage 2 of gpucal."""
        observation = elsewhere(self.simulate, directory, *self.arguments)
        command = [*PROGRAMS["gpucal"], self.stage2, str(observation.level2), f"--output_dir={directory}"]
        measure(command, observation.environment() | ENVIRONMENT, directory)
        return observation


def _coronagraph(mask: str, **others) -> StarlightCase:
    plan = CoronagraphyPlan(mask, **others)
    return StarlightCase(observe_coronagraph, (plan,), "calwebb_image2", "calwebb_coron3")


CASES = {
    "NIRCam MASKA335R, 2 x 3 integrations, 10 references": _coronagraph("MASKA335R", nints=3),
    "MIRI 4QPM_1550, 2 x 2 integrations, 10 references": _coronagraph("4QPM_1550"),
    "MIRI LYOT_2300, 2 x 2 integrations, 18 references": _coronagraph("LYOT_2300", references=9),
    "NIRISS F480M NRM, a star and a reference, 10 integrations each": StarlightCase(
        observe_interferometer, (InterferometryPlan(),), "calwebb_image2", "calwebb_ami3"
    ),
}


def measure_case(name: str, kind: str, arguments: argparse.Namespace, directory: Path) -> dict:
    """What `bench.image_stages.run` calls."""
    case = CASES[name]
    observation = case.make(directory / "observed")
    commands = {
        program: [*words, case.stage3, str(observation.level3), "--save_results=true"]
        for program, words in programs(arguments.peer).items()
    }
    environment = observation.environment() | ENVIRONMENT | {"GPUCAL_BACKEND": arguments.backend}
    return measure_by_turns(commands, environment, arguments.runs, directory, observation.level3.parent)


if __name__ == "__main__":
    run("starlight", __doc__, KINDS, COLUMNS, measure_case, CASES)
