"""What an association says: products, and the members that make each of them.

Source: "Stage 2 Associations" and "Stage 3 Associations" of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/associations/index.html.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gpucal.data import InputError

SCIENCE = "science"

# The roles that a member can have in its product (EXPTYPE in the file).
ROLES = (
    SCIENCE,
    "background",
    "imprint",
    "psf",
    "sourcecat",
    "segmap",
    "direct_image",
    "selfcal",
    "target_acquisition",
    "engineering",
)

# Those of files that are also looked for in the working directory, as jwst does.
ELSEWHERE_TOO = ("sourcecat", "segmap", "direct_image")

# Rules and types that are named after a stage: Asn_Lv2Image, DMSLevel2bBase, DMS_Level3_Base, image2, spec3.
_STAGE = re.compile(r"(?:lv|level)_?([23])|^[a-z-]+([23])$", re.IGNORECASE)


class AssociationError(InputError):
    """An association, or one of its products, cannot be used; the message names the file and says why."""


@dataclass(frozen=True)
class Member:
    """An exposure or a table that a product is made of.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    role : str
        One of `ROLES`; of an association that was read it may be another word: see `Product.check`.
    catalog : pathlib.Path or None
        A catalogue of its sources, for ``tweakreg``.
    """

    path: Path
    role: str = SCIENCE
    catalog: Path | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Product:
    """A product of an association: one run of a pipeline on its members.

    Attributes
    ----------
    name : str
        The beginning of the names of its files, without a suffix.
    members : tuple of Member
        In order.
    source : str
        The association that it belongs to, for messages.
    asn_id, asn_pool : str or None
        What the association says of itself.
    """

    name: str
    members: tuple[Member, ...]
    source: str = "association"
    asn_id: str | None = None
    asn_pool: str | None = None

    @property
    def science(self) -> list[Path]:
        """The files of the science members."""
        return self.of_role(SCIENCE)

    def of_role(self, role: str) -> list[Path]:
        """The files of the members with this role, in order."""
        return [member.path for member in self.members if member.role == role]

    def check(self, may_lack: bool = False) -> None:
        """See that a run can take the product.

        Parameters
        ----------
        may_lack : bool
            Whether files may be missing.

        Raises
        ------
        AssociationError
            If a role is unknown, no member is science, one is there twice, or a file is missing.
        """
        for member in self.members:
            if member.role not in ROLES:
                self._refuse(f"{member.path.name} has the exptype {member.role!r}; known are {', '.join(ROLES)}")
        if not self.science:
            self._refuse("names no science member (exptype science)")
        twice = [member for member, times in Counter(self.members).items() if times > 1]
        if twice:
            self._refuse(f"names {twice[0].path.name} twice as {twice[0].role}")
        missing = [str(member.path) for member in self.members if not member.path.is_file()]
        if missing and not may_lack:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            self._refuse(f"names files that are not there: {', '.join(missing[:3])}{more}")

    def _refuse(self, reason: str) -> None:
        raise AssociationError(f"{self.source}: product {self.name} {reason}")


@dataclass(frozen=True)
class Association:
    """Products that belong together.

    Attributes
    ----------
    products : tuple of Product
        Each is a run of its own.
    path : pathlib.Path or None
        The file that it was read from.
    asn_id, asn_type, asn_rule, asn_pool, program, target : str or None
        Entries of the file that tell what it is.
    others : dict
        All other entries of the file beside the products.
    """

    products: tuple[Product, ...]
    path: Path | None = None
    asn_id: str | None = None
    asn_type: str | None = None
    asn_rule: str | None = None
    asn_pool: str | None = None
    program: str | None = None
    target: str | None = None
    others: dict = field(default_factory=dict)

    @property
    def stage(self) -> int | None:
        """The stage that it is for, 2 or 3, as its rule or its type is named; None if neither says."""
        for word in (self.asn_rule, self.asn_type):
            if found := _STAGE.search(word or ""):
                return int(found[1] or found[2])
        return None
