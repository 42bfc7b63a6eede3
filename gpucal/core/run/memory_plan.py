"""What memory a run will need, told from shapes before a pixel is read."""

import math
from dataclasses import dataclass, replace

from gpucal.backend import current_backend
from gpucal.backend.memory import available_host_bytes, in_words
from gpucal.data import Exposure, Members
from gpucal.data.slits import slits_of

FLOAT, FLAGS, GROUP_FLAGS = 4, 4, 1
"""Bytes of a value, of the flags of a pixel, and of those of a group."""

RATE = 4 * FLOAT + FLAGS
"""Bytes of a pixel of a rate: the rate, its error, two variances, and flags."""


# The part of the memory that members of a product may hold when none of them is in work, and on a host no more than so
# many bytes: what the system keeps of their files is there for little more.
_SHARE = 0.5
_MOST_ON_HOST = 512 * 2**20


def bytes_to_hold(step, capacity: int | None) -> int | None:
    """The bytes of pixels that members may hold outside of a lease: none with ``in_memory`` false.

    No result depends on them.

    Parameters
    ----------
    step : Step
        What runs on them.
    capacity : int or None
        Bytes that are free on the backend; None where it has no limit, which is then that of the host.
    """
    if not getattr(step, "in_memory", True):
        return 0
    if capacity is not None:
        return int(_SHARE * capacity)
    room = available_host_bytes()
    return _MOST_ON_HOST if room is None else min(int(_SHARE * room), _MOST_ON_HOST)


@dataclass(frozen=True)
class MemoryPlan:
    """The bytes that a run needs on its backend.

    Attributes
    ----------
    integrations : int
        Integrations that are held at once.
    pixels : int
        Their values, and their zero frames; of an image or a rate all of its arrays but flags.
    group_flags, pixel_flags : int
        Flags of groups and of pixels.
    references : int
        Arrays of references, including those that an earlier exposure has left on the backend.
    scratch : int
        Temporaries of kernels.
    results : int
        Rates, which are held together with the ramps that they are fitted to.
    kind : str
        What the pixels are called: ``ramp`` or ``image``.
    members, held : int
        The exposures of the product, of which this is the plan for one; and the bytes of others that are held where
        there is room, which are no part of the plan.
    """

    integrations: int
    pixels: int
    group_flags: int
    pixel_flags: int
    references: int
    scratch: int
    results: int
    kind: str = "ramp"
    members: int = 1
    held: int = 0

    @classmethod
    def of(cls, exposure: Exposure, references: int = 0) -> "MemoryPlan":
        """The plan for an exposure.

        Parameters
        ----------
        exposure : Exposure
            Ramps, rates, an image or slits; its pixels are not read.
        references : int
            Bytes of the references.
        """
        shape = exposure.shape_of("data") or (0,)
        scratch = current_backend().scratch_bytes
        values = sum(math.prod(slit.shape_of("data") or (0,)) for slit in slits_of(exposure))
        if len(shape) < 4:
            return cls(1, _planes_of(exposure), 0, FLAGS * values, references, scratch, 0, "image")
        image = math.prod(shape[-2:])
        return cls(
            integrations=shape[0],
            pixels=FLOAT * (values + math.prod(exposure.shape_of("zeroframe") or (0,))),
            group_flags=GROUP_FLAGS * values,
            pixel_flags=FLAGS * image,
            references=references,
            scratch=scratch,
            results=RATE * image * (shape[0] + 1),
        )

    def of_members(self, members: Members) -> "MemoryPlan":
        """The plan for one of some members, and what of the others is held; their pixels are not read."""
        others = (len(members) - 1) * (self.pixels + self.pixel_flags)
        held = others if members.nbytes is None else min(others, members.nbytes)
        return replace(self, members=len(members), held=held)

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.parts().values())

    def parts(self) -> dict[str, int]:
        """The bytes by what they are for."""
        return {
            self.kind: self.pixels,
            "flags": self.group_flags + self.pixel_flags,
            "references": self.references,
            "scratch": self.scratch,
            "results": self.results,
        }

    def of_block(self, integrations: int) -> "MemoryPlan":
        """The plan for a block of integrations. No rates: ramps are fitted when all blocks are done."""
        part = integrations / self.integrations
        return replace(
            self,
            integrations=integrations,
            pixels=math.ceil(self.pixels * part),
            group_flags=math.ceil(self.group_flags * part),
            results=0,
        )

    def largest_block(self, capacity: int, unit: int = 1) -> int:
        """The most integrations whose plan stays within a capacity, in multiples of a unit; zero for none."""
        each = self.of_block(unit)
        room = capacity - each.references - each.scratch - each.pixel_flags
        return min(max(0, room) // max(1, each.pixels + each.group_flags) * unit, self.integrations)

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {in_words(nbytes)}" for name, nbytes in self.parts().items())
        held = f"; {self.members} exposures, one at a time, up to {in_words(self.held)} of the others are held"
        return f"{in_words(self.total)} ({parts}){held if self.members > 1 else ''}"


def _planes_of(exposure: Exposure) -> int:
    """Bytes of all arrays of an image, or of the slits of an exposure, but their flags."""
    shapes = (slit.shape_of(name) for slit in slits_of(exposure) for name in slit.array_names if name != "dq")
    return FLOAT * sum(math.prod(shape) for shape in shapes if shape is not None)
