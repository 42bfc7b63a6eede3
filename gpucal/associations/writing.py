"""Write association files."""

import json
import os
from pathlib import Path

from gpucal import __version__
from gpucal.associations.association import Association, AssociationError, Member


def write_association(association: Association, path: Path) -> None:
    """Write an association as JSON, to be read by gpucal and by jwst.

    Parameters
    ----------
    association : Association
        Its members may be anywhere; they are named by their way from the file.
    path : pathlib.Path
        The file; one that is there is replaced.

    Raises
    ------
    AssociationError
        If it cannot be written.
    """
    folder = path.absolute().parent
    tree = {
        "asn_type": association.asn_type or "None",
        "asn_rule": association.asn_rule,
        "version_id": None,
        "code_version": __version__,
        "degraded_status": "No known degraded exposures in association.",
        "program": association.program or "noprogram",
        "constraints": "No constraints",
        "asn_id": association.asn_id,
        "target": association.target or "none",
        "asn_pool": association.asn_pool or "none",
        **association.others,
        "products": [
            {
                "name": product.name,
                "members": [_entry(member, folder) for member in product.members],
            }
            for product in association.products
        ],
    }
    try:
        path.write_text(json.dumps(tree, indent=4) + "\n", encoding="utf-8")
    except OSError as error:
        raise AssociationError(f"cannot write {path}: {error.strerror}") from error


def _entry(member: Member, folder: Path) -> dict[str, str]:
    """A member in a file that stands in a folder."""
    entry = {"expname": os.path.relpath(member.path, folder), "exptype": member.role}
    if member.catalog is not None:
        entry["tweakreg_catalog"] = os.path.relpath(member.catalog, folder)
    return entry
