"""The exposures that one product is made of: metadata of all in memory, pixels of some."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from gpucal.data.exposure import Exposure
from gpucal.data.membership import Membership

Edit = Callable[[Exposure], None]


class Members(Sequence):
    """The science exposures of one product, in order.

    Metadata of all are in memory. Pixels are leased: they are read when they are first used inside a lease, and are
    dropped after it, least recently used first, where all that are held take more than a number of bytes. Whatever is
    changed in pixels is told as an edit, ``members.edit(place, edit)``, and done again when they are read again:
    results do not depend on the number of bytes. A change made without it is lost with the pixels.

    Parameters
    ----------
    exposures : sequence of Exposure
        Those opened from files have pixels that can be dropped; those of open models are always held.
    membership : Membership, optional
        The product that they make.
    nbytes : int, optional
        Bytes of pixels to hold outside of a lease; None for no limit.

    Attributes
    ----------
    joined : callable or None
        Makes one exposure of them, as which they are saved; None where each is saved by itself.
    is_one_exposure : bool
        Whether it is one exposure that came by itself, and not as the members of a product.
    lost : list of str
        Members of the product that could not be opened, and that these go on without.

    Examples
    --------
    >>> from gpucal.data import Members, open_exposure
    >>> members = Members([open_exposure("exposure_uncal.fits")])
    >>> with members.lease(0) as exposure:
    ...     exposure.data.shape
    (1, 4, 64, 64)
    """

    def __init__(
        self, exposures: Sequence[Exposure], membership: Membership | None = None, nbytes: int | None = None
    ):
        self._exposures = list(exposures)
        self.membership = membership or Membership()
        self.nbytes = nbytes
        self.is_one_exposure = not self.membership.product and len(self._exposures) == 1
        self.joined: Callable[[Members], Exposure] | None = None
        self.lost: list[str] = []
        self._edits: list[list[Edit]] = [[] for _ in self._exposures]
        self._done = [0] * len(self._exposures)
        self._held: OrderedDict[int, int] = OrderedDict()
        self._leased: set[int] = set()
        self._statuses: dict[int, str | None] = {}

    def __len__(self) -> int:
        return len(self._exposures)

    def __getitem__(self, index):
        return self._exposures[index]

    @property
    def name(self) -> str:
        """The name of the product, after which its files are named; if it has none, of the first exposure."""
        return self.membership.product or self._exposures[0].source

    @property
    def source(self) -> str:
        """What messages call all of them."""
        return self.name if len(self) == 1 else f"{self.name} ({len(self)} exposures)"

    @property
    def meta(self):
        """The metadata of the first one."""
        return self._exposures[0].meta

    @property
    def model_type(self) -> str:
        """The data model of the first one."""
        return self._exposures[0].model_type

    def read_ahead(self) -> None:
        """Nothing: pixels are read when they are used."""

    @property
    def asn_id(self) -> str | None:
        """The identifier of the association."""
        return self.membership.asn_id

    @property
    def groups(self) -> list[list[int]]:
        """The places of exposures that were taken at the same time, by all detectors; in order of first appearance."""
        groups: dict[object, list[int]] = {}
        for place, exposure in enumerate(self._exposures):
            groups.setdefault(group_of(exposure) or place, []).append(place)
        return list(groups.values())

    @contextmanager
    def lease(self, index: int, keep: bool = True) -> Iterator[Exposure]:
        """An exposure, whose pixels may be used inside the ``with`` block; they are changed by `edit` alone.

        Parameters
        ----------
        index : int
            The place of the exposure.
        keep : bool
            Whether the pixels may be held after it; False where nobody is likely to use them again.
        """
        outer = index in self._leased
        exposure = self._exposures[index]
        self._leased.add(index)
        self._apply_edits(index)
        try:
            yield exposure
        finally:
            if not outer:
                self._leased.discard(index)
                self._give_back(index, keep)

    def edit(self, index: int, edit: Edit) -> None:
        """Change pixels of an exposure: now if they are leased or held, else with the next lease.

        Parameters
        ----------
        index : int
            The place of the exposure.
        edit : callable
            Changes the arrays of the exposure that it is called with. It is called once more whenever they were
            dropped and read again.
        """
        self._edits[index].append(edit)
        if index in self._leased or index in self._held:
            self._apply_edits(index)

    def set_status(self, index: int, status: str | None) -> None:
        """Tell what becomes of the step at work for one of the exposures, such as ``SKIPPED``, or None for nothing.

        It is COMPLETE for those that nothing is told of.
        """
        self._statuses[index] = status

    def take_statuses(self) -> dict[int, str | None]:
        """What `set_status` was told since the last call, by place."""
        statuses, self._statuses = self._statuses, {}
        return statuses

    def blank(self, model_type: str, index: int = 0, **arrays) -> Exposure:
        """A new exposure with the metadata of one of them, named after the product; see `Exposure.blank`."""
        made = self._exposures[index].blank(model_type, **arrays)
        made.source = self.name
        if self.is_one_exposure:  # jwst tells it of the exposure alone
            made.meta.asn.exptype = None
            made.kept_meta.pop("group_id", None)
        else:
            tell_membership(made, self._exposures[0].meta.asn.exptype or "SCIENCE")
        made.membership = replace(self.membership, product=self.name, is_alone=True)
        return made

    def release(self) -> None:
        """Let all pixels go."""
        for exposure in self._exposures:
            exposure.release()
        self._held.clear()

    def _apply_edits(self, index: int) -> None:
        """Do those edits that the pixels which are held lack."""
        edits = self._edits[index]
        while self._done[index] < len(edits):
            self._done[index] += 1
            edits[self._done[index] - 1](self._exposures[index])

    def _give_back(self, index: int, keep: bool) -> None:
        self._held.pop(index, None)
        if keep:
            self._held[index] = self._exposures[index].nbytes
        else:
            self._drop(index)
        while self.nbytes is not None and self._held and sum(self._held.values()) > self.nbytes:
            oldest, _ = self._held.popitem(last=False)
            if oldest not in self._leased:  # else it comes back here when its lease ends
                self._drop(oldest)

    def _drop(self, index: int) -> None:
        if self._exposures[index].drop_pixels():
            self._done[index] = 0


def members_of_one(exposure: Exposure) -> Members:
    """An exposure as the only member of its product, for a step that works on members."""
    members = Members([exposure], exposure.membership if exposure.membership.is_alone else None)
    members.is_one_exposure = True
    if exposure.model_type == "ImageModel":  # jwst tells it of images alone
        tell_membership(exposure, exposure.meta.asn.exptype or "SCIENCE")
    return members


def tell_membership(exposure: Exposure, role: str) -> None:
    """Write into the metadata of a member its role (EXPTYPE of the association), and with which it was taken.

    The latter is not told of integral fields and of cubes of integrations, as it is not by jwst.
    """
    exposure.meta.asn.exptype = role
    if exposure.model_type not in ("IFUImageModel", "CubeModel") and (group := group_of(exposure)) is not None:
        exposure.kept_meta["group_id"] = group


def group_of(exposure: Exposure) -> str | None:
    """What exposures have in common that were taken at the same time; None where the header does not tell.

    By the keywords of the observation and exposure numbers, or the name that a user gave (GROUP_ID).
    """
    meta = exposure.meta
    given = getattr(meta, "group_id", None)
    if given:
        return str(given)
    observation = meta.observation
    parts = [
        "jw", observation.program_number, observation.observation_number, observation.visit_number, "_",
        observation.visit_group, observation.sequence_id, observation.activity_id, "_", observation.exposure_number,
    ]  # fmt: skip
    return None if None in parts else "".join(map(str, parts))
