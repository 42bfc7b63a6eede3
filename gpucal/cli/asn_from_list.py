"""``gpucal asn-from-list``: make an association of a list of files."""

import argparse
from pathlib import Path

from gpucal.associations.association import ROLES, AssociationError
from gpucal.associations.making import ASN_ID, RULES, from_list
from gpucal.associations.writing import write_association


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("asn-from-list", help="make an association of a list of files")
    parser.add_argument("files", nargs="+", metavar="FILE", help="the science members")
    parser.add_argument("-o", "--output-file", required=True, metavar="FILE", help="the association to write (.json)")
    parser.add_argument("--product-name", metavar="NAME", help="the beginning of the names of the product's files")
    parser.add_argument(
        "--member",
        nargs=2,
        action="append",
        default=[],
        metavar=("ROLE", "FILE"),
        help=f"a member of another role: {', '.join(ROLES[1:])}; may be repeated",
    )
    parser.add_argument(
        "-r", "--rule", choices=RULES.values(), default=RULES[3], help=f"for stage 3, {RULES[3]} (default), or stage 2"
    )
    parser.add_argument("-i", "--id", default=ASN_ID, metavar="ID", help=f"of the association (default: {ASN_ID})")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the association and say so."""
    others: dict[str, list[str]] = {}
    for role, file in args.member:
        others.setdefault(role, []).append(file)
    named = [*args.files, *(file for _, file in args.member)]
    missing = [file for file in named if not Path(file).is_file()]
    if missing:
        raise AssociationError(f"{missing[0]}: no such file")
    stage = next(stage for stage, rule in RULES.items() if rule == args.rule)
    association = from_list(args.files, args.product_name, others, stage, args.id)
    write_association(association, Path(args.output_file))
    names = ", ".join(product.name for product in association.products)
    print(f"{args.output_file}: {len(named)} members for {names}")
