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
from itertools import chain
from pathlib import Path

from stdatamodels.jwst import datamodels

from bench.agreement import Agreement, compare, compare_folders
from bench.report import replace_between_markers
from bench.results import markdown
from bench.standards import Standard, peer
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


def each_step(exposure: Path, standard: Standard) -> Iterator[tuple[str, Agreement]]:
    """Run each step of both programs on what the standard's step before it made.

    Parameters
    ----------
    exposure : Path
        A level-1b file, whose references CRDS can serve.
    standard : Standard
        The program that ours is held against.

    Yields
    ------
    label : str
        The step, and its product where there are several.
    agreement : Agreement
    """
    model = datamodels.RampModel(exposure)
    pipeline = Detector1Pipeline()
    for alias in pipeline.order(Exposure(model)):
        our_class = pipeline.step_defs[alias]
        parameters = PARAMETERS.get(alias, {})
        ours = our_class.call(model, **parameters)
        theirs = standard.call(alias, model, **parameters)
        if not isinstance(theirs, tuple):
            yield alias, compare(ours, theirs)
        else:
            for product, our_one, their_one in zip(("rate", "rateints"), ours, theirs, strict=True):
                yield f"{alias}, {product}", compare(our_one, their_one)
            theirs = theirs[0]
        if not our_class().skip:
            model = theirs


def whole_pipeline(
    exposure: Path, directory: Path, standard: Standard, settings: dict | None = None
) -> Iterator[tuple[str, Agreement]]:
    """Run both pipelines and compare all products.

    Parameters
    ----------
    exposure : Path
        A level-1b file, whose references CRDS can serve.
    directory : Path
        Where the products are written, in two folders.
    standard : Standard
        The program that ours is held against.
    settings : dict, optional
        Parameters of both; by default `PIPELINE_SETTINGS`.

    Yields
    ------
    label : str
        The product.
    agreement : Agreement
    """
    alias = Detector1Pipeline.class_alias
    runs = {"ours": lambda *of, **settings: Detector1Pipeline.call(*of, **settings)}
    runs["theirs"] = lambda *of, **settings: standard.call(alias, *of, **settings)
    for folder, run in runs.items():
        (directory / folder).mkdir()
        run(str(exposure), output_dir=str(directory / folder), **(settings or PIPELINE_SETTINGS))
    for name, agreement in compare_folders(*(directory / folder for folder in runs)).items():
        yield f"pipeline, {Path(name).stem.rpartition('_')[2]}", agreement


def measure_case(case: str, settings: dict, standard: Standard) -> Iterator[tuple[str, dict]]:
    """The figures of each step and product of one exposure; prints what disagrees."""
    with tempfile.TemporaryDirectory() as place:
        simulation = simulate(place, seed=3, **settings)
        with simulation.crds():
            exposure = simulation.exposure
            for label, agreement in chain(
                each_step(exposure, standard), whole_pipeline(exposure, Path(place), standard)
            ):
                if not agreement.agrees:
                    print(f"{case}, {label}:\n{agreement}\n", flush=True)
                yield label, figures(agreement)


def figures(agreement: Agreement) -> dict[str, float]:
    """What the table tells of one agreement."""
    return {
        "largest": agreement.largest_in_error,
        "beyond": sum(e.beyond + e.misplaced_nan for e in agreement.extensions),
        "flags": agreement.differing_flags,
        "unjudged": agreement.unjudged,
        "keywords": len(agreement.keywords) + len(agreement.structure),
    }


def table(found: dict[str, list[dict]]) -> str:
    """The figures of all cases by step and product, as Markdown: the largest difference, and sums."""
    header = ["step, product", "largest difference, in ERR", "values beyond", "differing flags", "not compared"]
    header.append("differing keywords")
    rows = []
    for label, cases in found.items():
        sums = [str(sum(case[name] for case in cases)) for name in ("beyond", "flags", "unjudged", "keywords")]
        rows.append([label, f"{max(case['largest'] for case in cases):.1g}", *sums])
    return markdown(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), help="which exposures")
    arguments = parser.parse_args()
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    found, standard = defaultdict(list), peer()
    for case in arguments.cases:
        for label, figures_of_case in measure_case(case, CASES[case], standard):
            found[label].append(figures_of_case)
    intro = f"gpucal {__version__} (cpu) and {standard.name}, worst of: {', '.join(arguments.cases)}."
    print(table(found))
    replace_between_markers(REPORT, "parity", f"{intro}\n\n{table(found)}")


if __name__ == "__main__":
    main()
