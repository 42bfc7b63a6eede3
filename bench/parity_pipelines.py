"""What comparisons of stages 2 and 3 with the peer share: both programs on an association, and a table."""

import argparse
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
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

Agreements = Iterator[tuple[str, Agreement]]


def both(alias: str, association: Path, place: Path, standard: Standard, **parameters) -> Agreements:
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
    **parameters
        Of the pipeline, beside those for its products.

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
            run(str(association), output_dir=str(folder), save_results=True, **parameters)
    for name, agreement in compare_folders(*folders).items():
        yield f"{alias}, {Path(name).stem.rpartition('_')[2]}", agreement.apart_from(SIP_KEYWORDS)


def stage2_of_spectra(associations: Sequence[Path], place: Path, standard: Standard, **parameters) -> Agreements:
    """The agreement of each product of stage 2; what gpucal makes is left where stage 3 looks for it."""
    for number, association in enumerate(associations):
        own = place / str(number)
        own.mkdir()
        yield from both("calwebb_spec2", association, own, standard, **parameters)
        for product in (own / "calwebb_spec2_ours").iterdir():
            product.rename(place / product.name)


def compare_cases(description: str, name: str, cases: Sequence[str], measure: Callable[[str, Standard], Agreements]):
    """Compare the cases that the command line names, and write their table.

    Parameters
    ----------
    description : str
        For the help of the command.
    name : str
        Of the table in docs/parity.md.
    cases : sequence of str
        All there are.
    measure : callable
        ``measure(case, standard)`` yields labels and agreements, as `both` does.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="*", default=list(cases), choices=list(cases), help="which observations")
    arguments = parser.parse_args()
    os.environ |= {"STPIPE_DISABLE_CRDS_STEPPARS": "true", VARIABLE: "1"}
    found, standard = defaultdict(list), peer()
    for case in arguments.cases:
        for label, agreement in measure(case, standard):
            if not agreement.agrees:
                print(f"{case}, {label}:\n{agreement}\n", flush=True)
            found[label].append(figures(agreement))
    intro = f"gpucal {__version__} (cpu) and {standard.name}, worst of: {', '.join(arguments.cases)}."
    print(table(found))
    replace_between_markers(REPORT, name, f"{intro}\n\n{table(found)}")
