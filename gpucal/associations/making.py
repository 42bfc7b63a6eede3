"""Make an association of a list of files."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpucal.associations.association import ROLES, Association, AssociationError, Member, Product
from gpucal.names.products import base_name

# The name of the rule (ASN_RULE) of an association for each stage.
RULES = {2: "DMSLevel2bBase", 3: "DMS_Level3_Base"}
ASN_ID = "a3001"
POOL = "none"


def from_list(
    files: Sequence[str | os.PathLike],
    product_name: str | None = None,
    others: Mapping[str, Sequence[str | os.PathLike]] | None = None,
    stage: int = 3,
    asn_id: str = ASN_ID,
) -> Association:
    """Make an association of a list of files.

    Parameters
    ----------
    files : sequence of path
        The science members, in order.
    product_name : str, optional
        The beginning of the names of the product's files. Needed for stage 3; in stage 2 each science member makes a
        product of its own, which is named after it unless it is the only one.
    others : mapping of str to sequence of path, optional
        Members of every product by another role: ``{"background": ["sky1_rate.fits", "sky2_rate.fits"]}``.
    stage : int, optional
        The stage that is to run on it: 2 or 3.
    asn_id : str, optional
        Its name among those of the observatory; a part of the names of some products.

    Returns
    -------
    Association

    Raises
    ------
    AssociationError
        If there is no file, no name for the product, or no such role or stage.

    Examples
    --------
    >>> made = from_list(["a_rate.fits", "b_rate.fits"], others={"background": ["sky_rate.fits"]}, stage=2)
    >>> [(product.name, len(product.members)) for product in made.products]
    [('a', 2), ('b', 2)]
    """
    if stage not in RULES:
        raise AssociationError(f"associations are for stage 2 or 3, not {stage}")
    science = tuple(Member(Path(file)) for file in files)
    if not science:
        raise AssociationError("an association needs a science member: name at least one file")
    beside = tuple(Member(Path(file), role) for role, listed in (others or {}).items() for file in listed)
    unknown = sorted({member.role for member in beside}.difference(ROLES))
    if unknown:
        raise AssociationError(f"there is no role {unknown[0]!r}; known are {', '.join(ROLES)}")
    if stage == 3:
        if not product_name:
            raise AssociationError("an association for stage 3 needs the name of its product (--product-name)")
        products = (Product(product_name, science + beside, asn_id=asn_id, asn_pool=POOL),)
    else:
        own = product_name if len(science) == 1 else None
        products = tuple(
            Product(own or base_name(member.path), (member, *beside), asn_id=asn_id, asn_pool=POOL)
            for member in science
        )
    return Association(products, asn_id=asn_id, asn_type="None", asn_rule=RULES[stage], asn_pool=POOL)
