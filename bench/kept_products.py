"""Keep products of the peer that take too long to make in every test, thinned.

``python -m bench.kept_products [CASE ...]`` runs jwst on small simulated observations and writes some values of each
array of its products, with all keywords, to ``tests/files/peer``. ``tests/peer/test_kept_products.py`` holds gpucal to
them.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

from bench.small_slits import NOISE, PLANS
from bench.standards import peer
from bench.thinned import thinned
from gpucal.as_peer import VARIABLE
from gpucal.simulate import MrsPlan, NirspecIfuPlan, observe_mrs, observe_nirspec_ifu, observe_slits

PLACE = Path(__file__).parents[1] / "tests" / "files" / "peer"


class KeptCase(NamedTuple):
    """What is kept of one observation.

    Attributes
    ----------
    simulate : callable
        ``simulate(directory, plan, effects=...)`` gives the observation.
    plan : object
        What is observed.
    steps : dict
        Parameters of steps, that both programs are told.
    """

    simulate: Callable
    plan: object
    steps: dict = {}

    def products(self, directory: Path, call: Callable) -> list[Path]:
        """Simulate the observation, and make the products of stage 2 of its first exposure alone.

        Parameters
        ----------
        directory : Path
            Where everything is written.
        call : callable
            Runs a step or pipeline: ``call(alias, path, **parameters)``.
        """
        observation = self.simulate(directory / "observed", self.plan, effects=NOISE)
        association, products = observation.level2_alone[0], directory / "products"
        products.mkdir()
        with observation.crds(), chdir(association.parent):  # where the metadata file of shutters is looked for
            call("calwebb_spec2", str(association), output_dir=str(products), save_results=True, steps=self.steps)
        return sorted(products.glob("*.fits"))


ONE = ((0.1, -0.2),)
CASES = {name: KeptCase(observe_slits, PLANS[name]) for name in ("mos", "bots")} | {
    # jwst saves the first of several cubes alone.
    "mrs": KeptCase(observe_mrs, MrsPlan(dithers=ONE), {"cube_build": {"channel": "1"}}),
    "nirspec-ifu": KeptCase(observe_nirspec_ifu, NirspecIfuPlan(dithers=ONE, imprints=0, backgrounds=0, leak=0)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES), metavar="CASE", help=f"some of {', '.join(CASES)}")
    os.environ |= {"STPIPE_DISABLE_CRDS_STEPPARS": "true", VARIABLE: "1"}
    for name in parser.parse_args().cases:
        place = PLACE / name
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as directory:
            kept = [thinned(path, place) for path in CASES[name].products(Path(directory), peer().call)]
        for path in kept:
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
