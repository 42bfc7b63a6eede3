"""How an exposure that the device cannot hold is worked on: some integrations at a time.

The whole exposure lives on the host. Steps in a row that work on each integration by itself form a chain: each
block of integrations goes to the device, through all steps of the chain, and back. A step that needs all
integrations runs on the host.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from gpucal.backend import Backend
from gpucal.data import Exposure


@dataclass(frozen=True)
class Blocks:
    """Blocks of integrations on a device.

    Attributes
    ----------
    device : Backend
        Where blocks are worked on.
    size : int
        Integrations of a block.
    """

    device: Backend
    size: int


_in_use: ContextVar[Blocks | None] = ContextVar("blocks in use", default=None)


def blocks_in_use() -> Blocks | None:
    """The blocks that the run works on; None where it works on whole exposures."""
    return _in_use.get()


@contextmanager
def in_blocks(blocks: Blocks) -> Iterator[None]:
    """Work on blocks inside a ``with`` block."""
    token = _in_use.set(blocks)
    try:
        yield
    finally:
        _in_use.reset(token)


def leading_chain(steps: Sequence, exposure: Exposure) -> int:
    """How many of the next steps can work on one block after another, before one needs the whole exposure.

    Parameters
    ----------
    steps : sequence of Step
        The next steps, in order.
    exposure : Exposure
        The input of the first.

    Returns
    -------
    int
        Steps that are skipped count. A step with hooks needs the whole exposure. A step that saves its result is the
        last of a chain, since the whole result is saved.
    """
    length = 0
    for step in steps:
        if not (step.skip or step.works_by_integration(exposure)) or step.pre_hooks or step.post_hooks:
            break
        length += 1
        if step.saves:
            break
    return length
