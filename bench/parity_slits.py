"""How stages 2 and 3 of slit spectra agree with the peer: every product of both pipelines, on simulated observations.

``python -m bench.parity_slits`` writes the table into docs/parity.md. Stage 3 of both gets what stage 2 of gpucal
made.
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.agreement import Agreement
from bench.parity import REPORT, figures, table
from bench.parity_images import both
from bench.report import replace_between_markers
from bench.standards import Standard, peer
from gpucal import __version__
from gpucal.as_peer import VARIABLE
from gpucal.simulate import SlitObservation, observe_slits

PLANS = ("fixedslit", "mos", "bots", "lrs", "lrs-slitless")


def measure_plan(plan: str, standard: Standard) -> Iterator[tuple[str, Agreement]]:
    """The agreement of each product of one observation."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        observed: SlitObservation = observe_slits(place, plan)
        with observed.crds():
            yield from stage2(observed, place, standard)
            if observed.level3 is not None:
                yield from both("calwebb_spec3", observed.level3, place, standard)


def stage2(observed: SlitObservation, place: Path, standard: Standard) -> Iterator[tuple[str, Agreement]]:
    """The agreement of each product of stage 2; what gpucal makes is left where stage 3 looks for it."""
    for number, association in enumerate(observed.level2):
        own = place / str(number)
        own.mkdir()
        yield from both("calwebb_spec2", association, own, standard)
        for product in (own / "calwebb_spec2_ours").iterdir():
            product.rename(place / product.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", nargs="*", default=list(PLANS), choices=PLANS, help="which observations")
    arguments = parser.parse_args()
    os.environ |= {"STPIPE_DISABLE_CRDS_STEPPARS": "true", VARIABLE: "1"}
    found, standard = defaultdict(list), peer()
    for plan in arguments.plans:
        for label, agreement in measure_plan(plan, standard):
            if not agreement.agrees:
                print(f"{plan}, {label}:\n{agreement}\n", flush=True)
            found[label].append(figures(agreement))
    intro = f"gpucal {__version__} (cpu) and {standard.name}, worst of: {', '.join(arguments.plans)}."
    print(table(found))
    replace_between_markers(REPORT, "parity-slits", f"{intro}\n\n{table(found)}")


if __name__ == "__main__":
    main()
