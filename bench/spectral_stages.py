"""What the benches of spectra share: an observation to simulate, and both programs on a stage of it, by turns."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cases import elsewhere
from bench.image_stages import ENVIRONMENT
from bench.processes import PROGRAMS, measure
from bench.whole_runs import measure_by_turns, programs
from gpucal.simulate import Effects

EFFECTS = Effects.only("stars", "sky", "poisson", "read_noise")

COLUMNS = ("observation", "stage")
KINDS = {"spec2": "2, one exposure", "spec3": "3, all exposures"}

# Stage 3 makes these of its own exposures.
UNUSED = ("resample_spec", "cube_build", "extract_1d")


@dataclass(frozen=True)
class SpectralCase:
    """An observation to simulate, and what is measured of it.

    Attributes
    ----------
    simulate : callable
        ``simulate(directory, plan, effects=...)`` gives the observation.
    plan : object
        What is observed.
    with_others : bool
        Whether other exposures are backgrounds or imprints of one.
    stages : tuple of str
        Of ``spec2`` and ``spec3``; stage 3 of series is another pipeline.
    with_peer : bool
        Whether jwst is measured, too.
    parameters : tuple of str
        Words for the command line.
    """

    simulate: Callable
    plan: object
    with_others: bool = False
    stages: tuple[str, ...] = ("spec2", "spec3")
    with_peer: bool = True
    parameters: tuple[str, ...] = ()

    def make(self, directory: Path):
        """Simulate the rates in a process of its own."""
        return elsewhere(self.simulate, directory, self.plan, effects=EFFECTS)

    def association_of(self, observation) -> Path:
        """The association of stage 2 of the first exposure."""
        return (observation.level2 if self.with_others else observation.level2_alone)[0]


def measuring(cases: Mapping[str, SpectralCase]) -> Callable:
    """What `bench.image_stages.run` calls: ``measure_case(name, kind, arguments, directory)``."""

    def measure_case(name: str, kind: str, arguments: argparse.Namespace, directory: Path) -> dict | None:
        case = cases[name]
        if kind not in case.stages:
            return None
        observation = case.make(directory / "observed")
        association = case.association_of(observation)
        if kind == "spec3":
            calibrate_exposures(observation)
            association = level3_of(observation)
        commands = {
            program: [*words, f"calwebb_{kind}", str(association), *case.parameters]
            for program, words in programs(arguments.peer and case.with_peer).items()
        }
        environment = observation.environment() | ENVIRONMENT | {"GPUCAL_BACKEND": arguments.backend}
        # jwst looks for members, and for the metadata file of shutters, in the working directory.
        return measure_by_turns(commands, environment, arguments.runs, directory, association.parent)

    return measure_case


def level3_of(observation) -> Path:
    """The association of stage 3, or the first of several."""
    return observation.level3[0] if isinstance(observation.level3, tuple) else observation.level3


def calibrate_exposures(observation) -> None:
    """Run stage 2 of gpucal on the rates of an observation, each with the others that belong to it."""
    skipped = [f"--steps.{step}.skip=true" for step in UNUSED]
    for association in observation.level2:
        command = [*PROGRAMS["gpucal"], "calwebb_spec2", str(association), f"--output_dir={association.parent}"]
        measure([*command, *skipped], observation.environment() | ENVIRONMENT, association.parent)
