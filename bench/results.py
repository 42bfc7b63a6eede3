"""Files of results: JSON with what was measured, a PNG of it, and the table of it in ``docs/benchmarks.md``."""

import json
from pathlib import Path

from bench.hardware import description
from bench.report import replace_between_markers

DOCS = Path(__file__).parents[1] / "docs"
PLACE = DOCS / "benchmarks"
PAGE = DOCS / "benchmarks.md"


def named(name: str, backend: str) -> str:
    """The name of results that were measured on a backend."""
    return name if backend == "cpu" else f"{name}-{backend}"


def save(name: str, results, **more) -> dict:
    """Write results, with the hardware, the versions and the date, to ``docs/benchmarks/<name>.json``."""
    PLACE.mkdir(exist_ok=True)
    measured = {"measured on": description(), **more, "results": results}
    (PLACE / f"{name}.json").write_text(json.dumps(measured, indent=1, sort_keys=False) + "\n")
    return measured


def load(name: str) -> dict | None:
    """Results of an earlier run; None where there are none."""
    path = PLACE / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def picture(name: str) -> Path:
    """Where the picture of results goes."""
    PLACE.mkdir(exist_ok=True)
    return PLACE / f"{name}.png"


def publish(name: str, measured: dict, table: str, page: Path = PAGE) -> None:
    """Put a table of results into the page of benchmarks, under the hardware it was measured on."""
    replace_between_markers(page, name, f"{introduction(measured)}\n\n{table}")


def introduction(measured: dict) -> str:
    """The hardware, the versions and the date of results, in one sentence."""
    machine = measured["measured on"]
    return (
        f"Measured on {machine['date']}: {machine['processor']}, {machine['memory']}, {machine['device']}; backend "
        f"{machine['backend']}; Python {machine['python']}, {machine['versions']}."
    )


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
