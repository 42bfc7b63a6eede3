"""Measure how gpucal agrees with the peer, jwst 3.0.0, and put the table into a page.

``python -m bench.parity [--cases NAME ...]`` simulates exposures, gives each step of both programs the same
input (what the peer's step before it made), then runs both pipelines, compares all products, prints the
table and writes it to ``docs/parity.md``.
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import jwst.step
from jwst.pipeline import Detector1Pipeline as PeerDetector1
from stdatamodels.jwst import datamodels

from bench.agreement import Agreement, compare, compare_folders
from bench.report import replace_between_markers
from bench.results import markdown
from gpucal import __version__
from gpucal.data import Exposure
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import simulate

REPORT = Path(__file__).parents[1] / "docs" / "parity.md"

CASES = {
    "NRCA3 SUB64P RAPID": {"detector": "NRCA3", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 10, "nints": 2},
    "NRCB1 SUB160 BRIGHT2": {"detector": "NRCB1", "subarray": "SUB160", "readpatt": "BRIGHT2", "ngroups": 6},
    "NRCALONG SUB64P SHALLOW4": {"detector": "NRCALONG", "subarray": "SUB64P", "readpatt": "SHALLOW4", "ngroups": 5},
    "NIS SUB80 NIS": {"detector": "NIS", "subarray": "SUB80", "readpatt": "NIS", "ngroups": 8},
    "NRS1 SUB32 NRSRAPID": {"detector": "NRS1", "subarray": "SUB32", "readpatt": "NRSRAPID", "ngroups": 12, "nints": 2},
    "MIRIMAGE SUB64 FAST": {"detector": "MIRIMAGE", "subarray": "SUB64", "readpatt": "FAST", "ngroups": 12, "nints": 3},
    "NRCA1 FULL BRIGHT2": {"detector": "NRCA1", "readpatt": "BRIGHT2", "ngroups": 5},
    "MIRIMAGE FULL FASTR1": {"detector": "MIRIMAGE", "readpatt": "FASTR1", "ngroups": 6, "nints": 2},
    "NRS1 FULL NRSIRS2RAPID": {"detector": "NRS1", "readpatt": "NRSIRS2RAPID", "ngroups": 4},
}

# Without these, the steps would have nothing to do.
PARAMETERS = {
    "charge_migration": {"signal_threshold": 20000.0},
    "persistence": {"persistence_time": 60, "dn_threshold": 20000.0},
}
PIPELINE_SETTINGS = {
    "save_results": True,
    "save_calibrated_ramp": True,
    "steps": {"ramp_fit": {"save_opt": True}, "dark_current": {"dark_output": "used_dark.fits"}},
}


def each_step(exposure: Path) -> Iterator[tuple[str, Agreement]]:
    """Run each step of both programs on what the peer's step before it made.

    Parameters
    ----------
    exposure : Path
        A level-1b file, whose references CRDS can serve.

    Yields
    ------
    label : str
        The step, and its product where there are several.
    agreement : Agreement
    """
    peer_steps = {cls.class_alias: cls for cls in vars(jwst.step).values() if hasattr(cls, "class_alias")}
    model = datamodels.RampModel(exposure)
    pipeline = Detector1Pipeline()
    for alias in pipeline.order(Exposure(model)):
        our_class = pipeline.step_defs[alias]
        parameters = PARAMETERS.get(alias, {})
        ours = our_class.call(model, **parameters)
        theirs = peer_steps[alias].call(model, **parameters)
        if not isinstance(theirs, tuple):
            yield alias, compare(ours, theirs)
        else:
            for product, our_one, their_one in zip(("rate", "rateints"), ours, theirs, strict=True):
                yield f"{alias}, {product}", compare(our_one, their_one)
            theirs = theirs[0]
        if not our_class().skip:
            model = theirs


def whole_pipeline(exposure: Path, directory: Path) -> Iterator[tuple[str, Agreement]]:
    """Run both pipelines and compare all products.

    Parameters
    ----------
    exposure : Path
        A level-1b file, whose references CRDS can serve.
    directory : Path
        Where the products are written, in two folders.

    Yields
    ------
    label : str
        The product.
    agreement : Agreement
    """
    folders = {"ours": Detector1Pipeline, "theirs": PeerDetector1}
    for folder, pipeline in folders.items():
        (directory / folder).mkdir()
        pipeline.call(str(exposure), output_dir=str(directory / folder), **PIPELINE_SETTINGS)
    for name, agreement in compare_folders(*(directory / folder for folder in folders)).items():
        yield f"pipeline, {Path(name).stem.rpartition('_')[2]}", agreement


def measure(cases: dict[str, dict]) -> dict[str, list[Agreement]]:
    """The agreements of all cases, by step and product."""
    found = defaultdict(list)
    for case, settings in cases.items():
        with tempfile.TemporaryDirectory() as place:
            simulation = simulate(place, seed=3, **settings)
            with simulation.crds():
                results = [*each_step(simulation.exposure), *whole_pipeline(simulation.exposure, Path(place))]
        for label, agreement in results:
            found[label].append(agreement)
            if not agreement.agrees:
                print(f"{case}, {label}:\n{agreement}\n", flush=True)
    return found


def table(found: dict[str, list[Agreement]]) -> str:
    """The agreements as Markdown, the worst case of each."""
    header = ["step, product", "largest difference, in ERR", "values beyond", "differing flags", "not compared"]
    header.append("differing keywords")
    rows = []
    for label, agreements in found.items():
        largest = max(agreement.largest_in_error for agreement in agreements)
        beyond = sum(e.beyond + e.misplaced_nan for agreement in agreements for e in agreement.extensions)
        flags = sum(agreement.differing_flags for agreement in agreements)
        unjudged = sum(agreement.unjudged for agreement in agreements)
        keywords = sum(len(agreement.keywords) + len(agreement.structure) for agreement in agreements)
        rows.append([label, f"{largest:.1g}", *map(str, (beyond, flags, unjudged, keywords))])
    return markdown(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), help="which exposures")
    arguments = parser.parse_args()
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    found = measure({case: CASES[case] for case in arguments.cases})
    intro = f"gpucal {__version__} (cpu) and jwst {jwst.__version__}, worst of: {', '.join(arguments.cases)}."
    print(table(found))
    replace_between_markers(REPORT, "parity", f"{intro}\n\n{table(found)}")


if __name__ == "__main__":
    main()
