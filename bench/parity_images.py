"""How stages 2 and 3 of images agree with the peer: every product of both pipelines, on simulated observations.

``python -m bench.parity_images`` writes the table into docs/parity.md. Stage 3 of both gets what stage 2 of gpucal
made.
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import chdir
from functools import partial
from pathlib import Path

from bench.agreement import Agreement, compare_folders
from bench.keywords import SIP_KEYWORDS
from bench.parity import REPORT, figures, table
from bench.report import replace_between_markers
from bench.standards import Standard, peer
from gpucal import __version__
from gpucal.as_peer import VARIABLE
from gpucal.core.config.registry import find_class
from gpucal.simulate import ImagingOptions, Observation, PointingErrors, observe

OPTIONS = ImagingOptions(errors=PointingErrors(relative=0.1))

CASES = {
    "NRCALONG FULL x 4": ("dither", {"detectors": ("NRCALONG",)}),
    "NRCB1 and NRCB2 SUB320 x 4": ("dither", {"detectors": ("NRCB1", "NRCB2"), "subarray": "SUB320"}),
    "NIS SUB256 x 4": ("dither", {"detectors": ("NIS",), "subarray": "SUB256"}),
    "GUIDER1 SUB128CNTR x 4": ("dither", {"detectors": ("GUIDER1",), "subarray": "SUB128CNTR"}),
    "MIRIMAGE FULL x 4 and backgrounds": ("background", {"detectors": ("MIRIMAGE",)}),
    "NRCALONG SUB320 x 4, moving": ("moving", {"detectors": ("NRCALONG",), "subarray": "SUB320"}),
}


def both(alias: str, association: Path, place: Path, standard: Standard) -> Iterator[tuple[str, Agreement]]:
    """Run a pipeline of both programs on an association, and compare all products.

    Parameters
    ----------
    alias : str
        The pipeline.
    association : Path
        Its input; the peer looks for members in the working directory.
    place : Path
        Where the products are written, in two folders.
    standard : Standard
        The program that ours is held against.

    Yields
    ------
    label : str
        The pipeline and the product.
    agreement : Agreement
    """
    folders = place / f"{alias}_ours", place / f"{alias}_theirs"
    runs = find_class(alias).call, partial(standard.call, alias)
    with chdir(association.parent):
        for folder, run in zip(folders, runs, strict=True):
            folder.mkdir()
            run(str(association), output_dir=str(folder), save_results=True)
    for name, agreement in compare_folders(*folders).items():
        yield f"{alias}, {Path(name).stem.rpartition('_')[2]}", agreement.apart_from(SIP_KEYWORDS)


def measure_case(plan: str, about: dict, standard: Standard) -> Iterator[tuple[str, Agreement]]:
    """The agreement of each product of one observation."""
    with tempfile.TemporaryDirectory() as place:
        observed: Observation = observe(place, plan, rates=True, options=OPTIONS, **about)
        with observed.crds():
            yield from both("calwebb_image2", observed.level2, Path(place), standard)
            for product in (Path(place) / "calwebb_image2_ours").iterdir():
                product.rename(Path(place) / product.name)
            yield from both("calwebb_image3", observed.level3[0], Path(place), standard)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), help="which observations")
    arguments = parser.parse_args()
    os.environ |= {"STPIPE_DISABLE_CRDS_STEPPARS": "true", VARIABLE: "1"}
    found, standard = defaultdict(list), peer()
    for case in arguments.cases:
        for label, agreement in measure_case(*CASES[case], standard):
            if not agreement.agrees:
                print(f"{case}, {label}:\n{agreement}\n", flush=True)
            found[label].append(figures(agreement))
    intro = f"gpucal {__version__} (cpu) and {standard.name}, worst of: {', '.join(arguments.cases)}."
    print(table(found))
    replace_between_markers(REPORT, "parity-images", f"{intro}\n\n{table(found)}")


if __name__ == "__main__":
    main()
