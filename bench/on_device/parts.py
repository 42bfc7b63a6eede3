"""The parts of a session on a device, in order of weight: a new one is a line here and a module beside this file.

A module has two functions: ``measure(session)`` does the work and keeps each result as soon as it has it, in
`bench.on_device.session.Session`; ``tables(part)`` makes of what was kept the tables to publish, as Markdown, each
under the name of its markers in ``docs/benchmarks.md``.
"""

from importlib import import_module
from types import ModuleType
from typing import NamedTuple


class Part(NamedTuple):
    """One part.

    Attributes
    ----------
    name : str
        Of the part, and of its module.
    shows : str
        What it shows, for people.
    least : float
        Seconds below which it is not worth to begin it; they are kept free by the parts before it.
    """

    name: str
    shows: str
    least: float

    @property
    def module(self) -> ModuleType:
        """Where its functions are."""
        return import_module(f"bench.on_device.{self.name}")


PARTS = (
    Part("kernel_tests", "the tests of kernels and of the backend", 60),
    Part("kernel_launches", "each launch of a kernel, against the same launch on the CPU", 60),
    Part("agreement", "steps and products, against jwst or, without it, against gpucal on the CPU", 50),
    Part("steps", "the time of each step, against what the memory allows", 50),
    Part("detector1", "the time of whole processes, on the CPU and on the device", 50),
    Part("memory", "the memory that stage 1 takes on the device", 25),
)


def part_named(name: str) -> Part:
    """The part of a name."""
    return next(part for part in PARTS if part.name == name)
