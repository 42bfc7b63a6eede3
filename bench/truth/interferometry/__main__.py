"""Measure binaries, and write the table to ``docs/truth.md``: ``python -m bench.truth.interferometry [programs]``."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from bench.cases import elsewhere
from bench.processes import PROGRAMS, measure
from bench.report import replace_between_markers
from gpucal.data import open_exposure
from gpucal.simulate import InterferometryPlan, observe_interferometer
from gpucal.steps.parts.interferometry.companion_search import Grid, data_of, search

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
ENVIRONMENT = {"STPIPE_DISABLE_CRDS_STEPPARS": "true"}
HEADS = (
    "binary", "program", "scatter of closure phases about the truth, deg", "spread of pulls", "separation, mas",
    "angle, deg", "contrast", "chi2 / degrees of freedom",
)  # fmt: skip
INTEGRATIONS = 6
BINARIES = ((0.15, 50.0, 0.05), (0.30, 120.0, 0.02), (0.20, 250.0, 0.005))


def main(names: list[str]) -> None:
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for number, binary in enumerate(BINARIES):
            plan = InterferometryPlan("F480M", INTEGRATIONS, 1, 1, *binary)
            directory = Path(place) / str(number)
            observation = elsewhere(observe_interferometer, directory, plan)
            environment = observation.environment() | ENVIRONMENT
            measure([*PROGRAMS["gpucal"], "calwebb_image2", str(observation.level2)], environment, directory)
            rows += [
                _row(plan, name, _normalized(name, observation, environment, directory)) for name in names
            ]
    text = "\n".join(["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS), *rows])
    print(text)
    replace_between_markers(PAGE, "interferometry", text)


def _normalized(program: str, observation, environment, directory: Path) -> Path:
    """The normalized fringes that a program makes."""
    words = [
        *PROGRAMS[program],
        "calwebb_ami3",
        str(observation.level3),
        f"--output_dir={directory / program}",
    ]
    measure(words, environment, directory)
    return next((directory / program).glob("*_aminorm-oi.fits"))


def _row(plan, program: str, path: Path) -> str:
    with fits.open(path) as hdus:
        table = hdus["OI_T3"].data
        expected = closures_of(table, float(hdus["OI_WAVELENGTH"].data["EFF_WAVE"][0]), plan)
        distances = table["T3PHI"] - expected
        pulls = distances / table["T3PHIERR"]
    _, best = search(data_of(open_exposure(path), "phases"), Grid.of((40, 500, 20), 90, (1e-3, 0.5, 25)))
    errors = best.errors
    values = (
        f"{1e3 * plan.separation:.0f} mas, {plan.position_angle:.0f} deg, {plan.contrast:g}",
        program,
        f"{np.std(distances):.3f}",
        f"{np.sqrt(np.mean(pulls**2)):.2f}",
        f"{best.separation:.1f} ± {errors[0]:.1f}",
        f"{best.angle:.2f} ± {errors[1]:.2f}",
        f"{best.contrast:.4f} ± {errors[2]:.4f}",
        f"{best.reduced:.2f}",
    )
    return "| " + " | ".join(values) + " |"


def closures_of(table, wavelength: float, plan) -> np.ndarray:
    """The closure phases of a binary, degrees, at the coordinates of a table."""
    arcsec, angle = np.deg2rad(1 / 3600), np.deg2rad(plan.position_angle)
    east, north = (plan.separation * arcsec * part for part in (np.sin(angle), np.cos(angle)))

    def visibility(u, v):
        return 1 + plan.contrast * np.exp(-2j * np.pi * (u * east + v * north) / wavelength)

    sides = [(np.asarray(table[f"U{n}COORD"]), np.asarray(table[f"V{n}COORD"])) for n in (1, 2)]
    third = [-(one + other) for one, other in zip(*sides, strict=True)]
    return np.rad2deg(np.angle(visibility(*sides[0]) * visibility(*sides[1]) * visibility(*third)))


if __name__ == "__main__":
    main(sys.argv[1:] or ["jwst", "gpucal"])
