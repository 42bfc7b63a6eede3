"""Run the peer's own unit tests of its steps with gpucal's classes in the steps' place.

``python -m bench.peer_tests [--steps ALIAS ...]`` finds the tests that come with jwst and name a step or pipeline that
gpucal has too, runs them with no network, and those again that pass and make an object of such a class, with ours. It
prints how many pass and differ for each step, and for each test that differs what its error says. Without ``--steps``
the table of ``docs/parity.md`` is written anew. A test that differs is no failure of this program: it ends with 0.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import jwst

from bench.peer_tests.comparison import PeerTest, by_step, run_both
from bench.peer_tests.reasons import UNEXPLAINED, reason_of
from bench.report import replace_between_markers
from bench.results import markdown
from gpucal import __version__

REPORT = Path(__file__).parents[2] / "docs" / "parity.md"


def table(tests: list[PeerTest]) -> str:
    """Tests that pass and differ, by step, as Markdown."""
    rows = [[f"`{step}`", *map(str, numbers)] for step, numbers in by_step(tests).items()]
    return markdown(["class", "passes", "differs"], rows)


def reasons_table(tests: list[PeerTest]) -> str:
    """Why tests differ, and which, as Markdown."""
    found = defaultdict(dict)
    for test in tests:
        if not test.passes:
            found[reason_of(test.function, test.complaint)].setdefault(test.function, []).append(test)
    rows = [
        [reason, ", ".join(f"`{name}`" + (f" ({len(same)})" if len(same) > 1 else "") for name, same in each.items())]
        for reason, each in sorted(found.items(), key=lambda item: item[0] == UNEXPLAINED)
    ]
    return markdown(["reason", "tests, and how many sets of parameters"], rows)


def report(tests: list[PeerTest]) -> str:
    """What the page tells."""
    passing = sum(test.passes for test in tests)
    return (
        f"gpucal {__version__} and jwst {jwst.__version__}: {passing} of {len(tests)} tests pass.\n\n"
        f"{table(tests)}\n\n{reasons_table(tests)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", nargs="*", default=[], metavar="ALIAS", help="of which steps (default all)")
    arguments = parser.parse_args()
    tests = run_both(arguments.steps)
    print(table(tests))
    for test in tests:
        if not test.passes:
            print(f"\n{test.name}: {reason_of(test.function, test.complaint)}\n    {test.complaint}")
    print(f"\n{sum(test.passes for test in tests)} of {len(tests)} tests pass")
    if not arguments.steps:
        replace_between_markers(REPORT, "peer-tests", report(tests))


if __name__ == "__main__":
    main()
