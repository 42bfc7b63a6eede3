"""The files that go with an exposure of a field without slits: of the direct image, and what was found in it.

Source: the wide field slitless associations of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/associations/level2_asn_technical.html.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from gpucal.data import Exposure, InputError

CATALOG, SEGMENTS, IMAGE = "sourcecat", "segmap", "direct_image"


class Kind(NamedTuple):
    """A kind of file.

    Attributes
    ----------
    what : str
        In words.
    name, keyword : str
        Where metadata have its name, and the keyword of that.
    """

    what: str
    name: str
    keyword: str


# By their role in an association.
KINDS = {
    CATALOG: Kind("catalog of sources", "source_catalog", "SCATFILE"),
    SEGMENTS: Kind("segmentation map", "segmentation_map", "SEGMFILE"),
    IMAGE: Kind("direct image", "direct_image", "DIRIMAGE"),
}


def keep_companions(exposure: Exposure) -> None:
    """Find the files of all roles that an exposure has, and keep them: their names in its header, and their places.

    Raises
    ------
    InputError
        If there is no catalog.
    """
    found = dict(exposure.membership.others)
    for role, kind in KINDS.items():
        if role == CATALOG or found.get(role) or getattr(exposure.meta, kind.name):
            found[role] = [companion(exposure, role)]
            setattr(exposure.meta, kind.name, found[role][0].name)
    exposure.membership = replace(exposure.membership, others=found)


def companion(exposure: Exposure, role: str) -> Path:
    """The file of a role.

    Parameters
    ----------
    exposure : Exposure
    role : str
        One of `KINDS`.

    Returns
    -------
    Path
        The member of the association with that role or, without one, the file that the header names: beside the
        exposure, or in the working directory.

    Raises
    ------
    InputError
        If neither names one, or it is not there.
    """
    kind, members = KINDS[role], exposure.membership.of_role(role)
    if members:
        return Path(members[0])
    name = getattr(exposure.meta, kind.name)
    if not name:
        raise InputError(
            f"{exposure.source}: has no {kind.what}: neither a member of its association with the exptype {role}, nor "
            f"{kind.keyword} in its header"
        )
    origin = exposure.origin
    folders = [Path(origin).parent] if isinstance(origin, str | Path) else []
    for folder in (*folders, Path()):
        if (folder / name).is_file():
            return folder / name
    places = " or ".join(str(folder.absolute()) for folder in (*folders, Path()))
    raise InputError(f"{exposure.source}: its {kind.what} {name} ({kind.keyword}) is not in {places}")
