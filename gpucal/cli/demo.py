"""``gpucal demo``: simulate an exposure and a dithered observation, calibrate them, and draw what came of it."""

import json
import shlex
from pathlib import Path

from rich.console import Console

from gpucal.errors import GpucalError
from gpucal.simulate.crds_cache import crds_environment

EXPOSURE = {"detector": "NRCA1", "filter": "F200W", "subarray": "FULL", "ngroups": 10, "seed": 1}
RECORD = "simulation.json"
QUIET = "--log-level=WARNING"


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("demo", help="simulate observations, calibrate them and draw the results")
    parser.add_argument("directory", nargs="?", default="demo", help="where everything goes (default demo)")
    parser.add_argument("--backend", default=None, help="auto (default), cpu or cuda")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate, calibrate, show products and pictures: of one exposure, and of an observation."""
    console = Console(soft_wrap=True, highlight=False)
    directory = Path(args.directory)
    backend = [f"--backend={args.backend}"] if args.backend else []
    one_exposure(directory, backend, console)
    dithered_observation(directory / "dither", backend, console)
    return 0


def one_exposure(directory: Path, backend: list[str], console: Console) -> None:
    """Stage 1 of a full frame, and a picture of it before and after.

    Raises
    ------
    GpucalError
        If something of it fails.
    """
    exposure, environment = simulated(directory, console)
    words = ["strun", "calwebb_detector1", str(exposure), f"--output_dir={directory}", QUIET, *backend]
    with crds_environment(environment):
        calibrate(words, console)
    rate = exposure.with_name(exposure.name.replace("_uncal", "_rate"))
    for suffix in ("rate", "rateints"):
        console.print(
            f"[bold]product[/]  {exposure.with_name(exposure.name.replace('_uncal', f'_{suffix}'))}"
        )
    from gpucal.pictures import draw_before_and_after

    picture = draw_before_and_after(exposure, rate, directory / "demo.png")
    console.print(f"[bold]picture[/]  {picture}")


def dithered_observation(directory: Path, backend: list[str], console: Console, **exposed) -> None:
    """Stages 1 to 3 of an observation: a mosaic, its sources, how they agree with the truth, and a picture.

    Parameters
    ----------
    directory : Path
    backend : list of str
        Words for the command line.
    console : rich.console.Console
    **exposed
        Instead of what `gpucal.cli.demo_observation` exposes.

    Raises
    ------
    GpucalError
        If something of it fails.
    """
    from gpucal.cli.demo_observation import measure, observed

    observation = observed(directory, console, **exposed)
    level2, level3 = (directory / path.name for path in (observation.level2, *observation.level3))
    output = f"--output_dir={directory}"
    with observation.crds():
        calibrate(["batch", "calwebb_detector1", f"{directory}/*_uncal.fits", output, *backend], console)
        calibrate(["batch", "calwebb_image2", str(level2), output, *backend], console)
        calibrate(["strun", "calwebb_image3", str(level3), output, QUIET, *backend], console)
    mosaic = level3.with_name(level3.name.replace("_image3_asn.json", "_i2d.fits"))
    found = measure(observation, mosaic)
    from gpucal.pictures import draw

    console.print(f"\n[bold]mosaic[/]   {mosaic}")
    console.print(f"[bold]catalog[/]  {found.catalog}")
    console.print(f"[bold]picture[/]  {draw(mosaic, directory / 'mosaic.png', found.catalog)}")
    for line in found.lines():
        console.print(f"[bold]truth[/]    {line}")


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


def calibrate(words: list[str], console: Console) -> None:
    """Show a command and run it; it shows the time of what it does.

    Raises
    ------
    GpucalError
        If the run fails.
    """
    from gpucal.cli.main import main

    console.print(f"\n[bold]gpucal {shlex.join(words)}[/]\n")
    code = main(words)
    if code:
        raise GpucalError(f"{words[0]} {words[1]} of the demo ended with exit code {code}")
