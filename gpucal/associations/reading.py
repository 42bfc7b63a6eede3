"""Read association files."""

import json
import os
import re
from pathlib import Path

from gpucal.associations.association import (
    ELSEWHERE_TOO,
    Association,
    AssociationError,
    Member,
    Product,
)
from gpucal.names.products import base_name

# The identifier is a part of file names; a name has a suffix added.
_ID = re.compile(r"[\w.+-]+")
LONGEST_NAME = 200

KEYWORDS = ("asn_id", "asn_type", "asn_rule", "asn_pool", "program", "target")


def read_association(path: Path) -> Association:
    """Read an association.

    Parameters
    ----------
    path : pathlib.Path
        A JSON file. Members are looked for beside it, whatever the working directory; a catalog, segmentation map or
        direct image that is not there, in that.

    Returns
    -------
    Association
        A product without a name is named after its first science member, without the suffix. Whether a product can be
        made is told by `Product.check`: a bad one does not stop the others.

    Raises
    ------
    AssociationError
        If there is no such file, or it is no association.
    """
    tree = _tree(path)
    products = tree.get("products")
    if not isinstance(products, list) or not products:
        raise AssociationError(f"{path}: not an association (it has no list of products)")
    said = {name: None if tree.get(name) is None else str(tree[name]) for name in KEYWORDS}
    if said["asn_id"] is not None and not _ID.fullmatch(said["asn_id"]):
        raise AssociationError(f"{path}: asn_id {said['asn_id']!r} is no identifier, such as o001 or c1000")
    made = tuple(_product(product, number, path, said) for number, product in enumerate(products, start=1))
    _check_names([product.name for product in made], path)
    others = {name: value for name, value in tree.items() if name not in (*KEYWORDS, "products")}
    return Association(made, path, **said, others=others)


def _tree(path: Path) -> dict:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AssociationError(f"{path}: no such file") from error
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AssociationError(f"{path}: not an association ({reason})") from error
    if not isinstance(tree, dict):
        raise AssociationError(f"{path}: not an association (it holds no keywords)")
    return tree


def _check_names(names: list[str], path: Path) -> None:
    """Raise if two products have one name, or one cannot be that of a file."""
    for name in names:
        if names.count(name) > 1:
            raise AssociationError(f"{path}: two products are called {name}")
        if "\0" in name or len(os.fsencode(name)) > LONGEST_NAME:
            raise AssociationError(f"{path}: a product's name is no file name, or longer than {LONGEST_NAME} letters")


def _product(product, number: int, path: Path, said: dict) -> Product:
    members = product.get("members") if isinstance(product, dict) else None
    if not isinstance(members, list) or not members:
        raise AssociationError(f"{path}: product {number} has no list of members")
    made = tuple(_member(member, number, path) for member in members)
    science = next((member for member in made if member.role == "science"), made[0])
    name = str(product.get("name") or base_name(science.path))
    return Product(name, made, str(path), said["asn_id"], said["asn_pool"])


def _member(member, number: int, path: Path) -> Member:
    name = member.get("expname") if isinstance(member, dict) else None
    if not isinstance(name, str) or not name:
        raise AssociationError(f"{path}: product {number} has a member without expname")
    catalog = str(member.get("tweakreg_catalog") or "").strip()
    role = str(member.get("exptype") or "science").strip().lower()
    place = path.parent / Path(name).expanduser()
    if role in ELSEWHERE_TOO and not place.is_file() and Path(place.name).is_file():
        place = Path(place.name)
    return Member(place, role, path.parent / Path(catalog).expanduser() if catalog else None)
