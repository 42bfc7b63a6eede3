"""Measure spectra of SOSS, and write the table to ``docs/truth.md``: ``python -m bench.truth.soss [programs]``."""

import importlib
import logging
import os
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.imaging.products import PROGRAMS
from bench.truth.soss.measures import OrderTruth, measure_orders
from gpucal.simulate import Effects, SossObservation, SossPlan, observe_soss

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
NOISE = Effects.only("stars", "sky", "poisson", "read_noise")
PLANS = {
    "SUBSTRIP256": SossPlan(),
    "SUBSTRIP96": SossPlan("SUBSTRIP96"),
    "SUBSTRIP256, wheel turned": SossPlan(position=245.88),
}
GRID = 2000  # less than the traces need: both programs take the fewest wavelengths that they can do with
WAYS = {"orders taken apart": {"soss_max_grid_size": GRID}, "boxes alone": {"soss_atoca": False}}
HEADS = (
    *("case", "extraction", "program", "order", "flux / truth", "blue half", "red half", "its scatter"),
    *("spread of pulls", "depth / truth", "scatter of depths"),
)


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    with tempfile.TemporaryDirectory() as place:
        for number, (case, plan) in enumerate(PLANS.items()):
            observation = observe_soss(Path(place) / str(number), plan, NOISE, cache=Path(place) / "cache")
            for way, parameters in WAYS.items():
                for program in programs:
                    product = extract(observation, program, parameters)
                    lines += [_row(case, way, program, one) for one in measure_orders(observation, product)]
    text = "\n".join(lines)
    print(text)
    replace_between_markers(PAGE, "soss", text)


def extract(observation: SossObservation, program: str, parameters: dict) -> Path:
    """Calibrate a series with a program, and extract it with these parameters; its spectra."""
    product = observation.exposures[0].product("x1dints")
    product.unlink(missing_ok=True)  # of another program
    runner = importlib.import_module(PROGRAMS[program]).Spec2Pipeline
    folder = str(product.parent)
    with observation.crds():
        runner.call(
            str(observation.level2[0]),
            save_results=True,
            output_dir=folder,
            configure_log=False,
            steps={"extract_1d": parameters},
        )
    return product


def _row(case: str, way: str, program: str, one: OrderTruth) -> str:
    fluxes = (f"{value:.4f}" for value in (one.flux, one.blue, one.red, one.scatter))
    values = (case, way, program, str(one.order), *fluxes, f"{one.pulls:.2f}", f"{one.depth:.4f}")
    return "| " + " | ".join((*values, f"{one.depth_scatter:.5f}")) + " |"


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
