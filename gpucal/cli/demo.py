"""``gpucal demo``: simulate a full-frame NIRCam exposure, calibrate it, and draw what came of it."""

import json
import os
import shlex
from pathlib import Path

from rich.console import Console

from gpucal.errors import GpucalError

EXPOSURE = {"detector": "NRCA1", "filter": "F200W", "subarray": "FULL", "ngroups": 10, "seed": 1}
RECORD = "simulation.json"


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("demo", help="simulate an exposure, calibrate it and draw the result")
    parser.add_argument("directory", nargs="?", default="demo", help="where everything goes (default demo)")
    parser.add_argument("--backend", default=None, help="auto (default), cpu or cuda")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate, calibrate, show products and a picture."""
    console = Console(soft_wrap=True, highlight=False)
    directory = Path(args.directory)
    exposure, environment = simulated(directory, console)
    os.environ.update(environment)
    words = ["strun", "calwebb_detector1", str(exposure), f"--output_dir={directory}"]
    if args.backend:
        words.append(f"--backend={args.backend}")
    console.print(f"\n[bold]gpucal {shlex.join(words)}[/]\n")
    calibrate(words)
    rate = exposure.with_name(exposure.name.replace("_uncal", "_rate"))
    for suffix in ("rate", "rateints"):
        console.print(
            f"[bold]product[/]  {exposure.with_name(exposure.name.replace('_uncal', f'_{suffix}'))}"
        )
    from gpucal.cli.picture import draw_before_and_after

    picture = draw_before_and_after(exposure, rate, directory / "demo.png")
    console.print(f"[bold]picture[/]  {picture}")
    return 0


def simulated(directory: Path, console: Console) -> tuple[Path, dict[str, str]]:
    """The demo's exposure and the environment variables that calibrate it; simulated if they are not there yet."""
    record = directory / RECORD
    if record.is_file():
        made = json.loads(record.read_text())
        if Path(made["exposure"]).is_file():
            console.print(f"The simulated exposure is there already: {made['exposure']}")
            return Path(made["exposure"]), made["environment"]
    console.print("Simulating a full-frame exposure of NRCA1 with F200W, 10 groups, and its references ...")
    from gpucal.simulate import simulate

    simulation = simulate(directory.resolve(), **EXPOSURE)
    made = {"exposure": str(simulation.exposure), "environment": simulation.environment()}
    record.write_text(json.dumps(made, indent=2))
    return simulation.exposure, made["environment"]


def calibrate(words: list[str]) -> None:
    """Run the command line, which shows the time of each step.

    Raises
    ------
    GpucalError
        If the run fails.
    """
    from gpucal.cli.main import main

    code = main(words)
    if code:
        raise GpucalError(f"the calibration of the demo's exposure ended with exit code {code}")
