"""``gpucal info``: what files are, what has been done to them, and what can be run on them next."""

import argparse
from pathlib import Path

from gpucal.errors import GpucalError

DESCRIPTION = """\
Tell what a file is, what has been done to it, with which versions and references, and what can be run on it next.
Files are products of the observatory or of this program (.fits), associations (.json) and tables (.ecsv)."""

WIDTH = 11


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("info", help="tell what a file is", description=DESCRIPTION)
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a product, an association or a table"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Tell of each file.

    Raises
    ------
    GpucalError
        If one is not there, or is none of these.
    """
    for number, path in enumerate(args.files):
        if number:
            print()
        for name, values in about(path):
            for place, value in enumerate(values):
                print(f"{name if place == 0 else '':{WIDTH}}{value}")


def about(path: Path) -> list[tuple[str, list[str]]]:
    """What there is to tell of a file: names, and lines for each.

    Raises
    ------
    GpucalError
        If it is not there, or is neither a product, nor an association, nor a table.
    """
    if not path.is_file():
        raise GpucalError(f"{path}: no such file")
    told = _TOLD.get(path.suffix.lower() if path.suffix.lower() != ".gz" else Path(path.stem).suffix.lower())
    if told is None:
        raise GpucalError(
            f"{path}: is neither a product (.fits), nor an association (.json), nor a table (.ecsv)"
        )
    return [("file", [str(path)]), *((name, values) for name, values in told(path) if values)]


def _of_product(path: Path) -> list[tuple[str, list[str]]]:
    from gpucal.cli.next_runs import next_runs, words_for
    from gpucal.cli.product_headers import read_product

    product = read_product(path)
    return [
        ("is", [words_for(product)]),
        ("taken with", [product.optics]),
        ("of", [product.target] if product.target else []),
        ("at", [product.time] if product.time else []),
        ("holds", product.arrays),
        ("done", [", ".join(product.done)] if product.done else ["nothing yet"]),
        ("skipped", [", ".join(product.skipped)] if product.skipped else []),
        ("made by", [product.program] if product.program else []),
        ("references", product.references),
        ("next", next_runs(product)),
    ]


def _of_association(path: Path) -> list[tuple[str, list[str]]]:
    from gpucal.associations import read_association
    from gpucal.names.steps import written

    association = read_association(path)
    lines = []
    for product in association.products:
        lines.append(product.name)
        for member in product.members:
            there = "" if member.path.is_file() else ", which is not there"
            lines.append(f"  {member.role}: {member.path.name}{there}")
    alias = f"calwebb_{association.asn_type}"
    following = [f"gpucal strun {alias} {path}"] if alias in written() else []
    kind = association.asn_type or "exposures"
    count = len(association.products)
    return [
        (
            "is",
            [f"an association of {kind} for stage {association.stage}, {count} product{'s' * (count != 1)}"],
        ),
        ("products", lines),
        ("next", following),
    ]


def _of_table(path: Path) -> list[tuple[str, list[str]]]:
    columns = []
    with path.open() as lines:
        for line in lines:
            if not line.startswith("#"):
                columns = line.split()
                break
        rows = sum(1 for line in lines if line.strip())
    return [
        ("is", [f"a table of {rows} rows"]),
        ("columns", [", ".join(columns)]),
        ("next", [f"gpucal picture {path}"] if path.name.endswith("_cat.ecsv") else []),
    ]


_TOLD = {".fits": _of_product, ".json": _of_association, ".ecsv": _of_table}
