"""What products are held against: those of the peer or, where it is not installed, our own of the CPU."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

from gpucal.backend import use_backend
from gpucal.core.config.registry import find_class


class Standard(NamedTuple):
    """A program that tells what is right.

    Attributes
    ----------
    name : str
        In words.
    call : callable
        Runs a step or pipeline: ``call(alias, model or path, **parameters)``.
    """

    name: str
    call: Callable


def peer() -> Standard:
    """The peer."""
    import jwst
    import jwst.pipeline
    import jwst.step

    classes = {
        one.class_alias: one
        for module in (jwst.step, jwst.pipeline)
        for one in vars(module).values()
        if getattr(one, "class_alias", None)
    }
    return Standard(f"jwst {jwst.__version__}", lambda alias, *of, **settings: classes[alias].call(*of, **settings))


def own_cpu() -> Standard:
    """Our own steps on the cpu backend, whatever backend is in use."""

    def call(alias, *of, **settings):
        with use_backend("cpu"):
            return find_class(alias).call(*of, **settings)

    return Standard("gpucal on the CPU", call)


def best_here() -> Standard:
    """The peer if it is installed, else our own."""
    return peer() if find_spec("jwst") else own_cpu()
