"""What the benches of stages 2 and 3 share: their options, and the way through their cases."""

import argparse
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

from bench import results
from bench.observed_cases import CASES
from bench.whole_runs import publish, table
from gpucal.backend import select_backend

# What both programs are told: no parameter references; gpucal is to leave as it is what jwst gets wrong.
ENVIRONMENT = {"STPIPE_DISABLE_CRDS_STEPPARS": "true", "GPUCAL_AS_PEER": "1"}

Measure = Callable[[str, str, argparse.Namespace, Path], dict | None]


def run(
    name: str,
    description: str,
    kinds: dict[str, str],
    columns: tuple[str, ...],
    measure_case: Measure,
    cases: Collection[str] = CASES,
) -> None:
    """Measure the cases and kinds that the command line names, and publish them.

    Parameters
    ----------
    name : str
        Of the results.
    description : str
        For the help of the command.
    kinds : dict
        What is measured of each case: its name on the command line, and in the tables.
    columns : tuple of str
        What case and kind are, for the tables.
    measure_case : callable
        ``measure_case(case, kind, arguments, directory)`` gives one result; None where the case has no such kind.
    cases : collection of str, optional
        The observations; those of images by default.
    """
    arguments = options(description, kinds, cases).parse_args()
    select_backend(arguments.backend)
    name = results.named(name, arguments.backend)
    found = (results.load(name) or {"results": {}})["results"]
    for case in arguments.cases:
        for kind in arguments.kinds:
            title = f"{case} | {kinds[kind]}"
            with tempfile.TemporaryDirectory() as place:
                result = measure_case(case, kind, arguments, Path(place))
            if result is None:
                continue
            found[title] = result
            print(table({"results": {title: found[title]}}, columns), flush=True)
    if arguments.peer and not getattr(arguments, "subarray", None):
        publish(name, found, columns, arguments.runs)


def options(description: str, kinds: dict[str, str], cases: Collection[str]) -> argparse.ArgumentParser:
    """The options of all."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each program (default 5)")
    parser.add_argument("--backend", default="cpu", help="where gpucal runs (default cpu)")
    parser.add_argument("--cases", nargs="*", default=list(cases), choices=list(cases), help="which observations")
    parser.add_argument("--kinds", nargs="*", default=list(kinds), choices=list(kinds), help="what is measured of them")
    parser.add_argument(
        "--without-peer", dest="peer", action="store_false", help="gpucal alone; nothing is published"
    )
    if cases is CASES:
        parser.add_argument("--subarray", help="instead of full frames, to try it out; nothing is published")
    return parser


def settings_of(arguments: argparse.Namespace) -> dict:
    """What `gpucal.simulate.observe` takes for the options."""
    return {"subarray": arguments.subarray} if arguments.subarray else {}
