"""What product an exposure belongs to, and what else that product is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Membership:
    """The product of an association that an exposure is a member of.

    Attributes
    ----------
    product : str
        The name of the product; empty where there is no association.
    asn_id : str or None
        The identifier of the association, which stands in the names of some products.
    others : mapping of str to list of Path or Exposure
        Members of the product that are not science, by role: ``others["background"]``. Files, or what a pipeline has
        opened of these.
    table, pool : str or None
        What the header names (ASNTABLE, ASNPOOL): the file of the association, and the pool that it was made from.
    catalogs : mapping of str to Path
        Catalogues of the sources of science members, by the names of the files of these.
    is_alone : bool
        Whether the exposure is the only science member: its products then bear the name of the product.
    is_named : bool
        Whether the name of the product is made of the ``output_file`` that the user chose, where there is one.
    """

    product: str = ""
    asn_id: str | None = None
    others: Mapping[str, list[Path]] = field(default_factory=dict)
    table: str | None = None
    pool: str | None = None
    is_alone: bool = False
    catalogs: Mapping[str, Path] = field(default_factory=dict)
    is_named: bool = False

    def of_role(self, role: str) -> list[Path]:
        """The members with another role than science, in order."""
        return list(self.others.get(role, ()))
