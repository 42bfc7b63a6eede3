"""What kinds of observations are simulated, and what is told of one: where its files are, and how CRDS serves it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from gpucal.errors import GpucalError

# Options of single exposures that hold for some kinds of observations.
SINGLE = ("subarray", "nints")


class Kind(NamedTuple):
    """A kind of observation.

    Attributes
    ----------
    make : callable
        ``make(args, given, effects)`` observes; ``given`` are the options of observations on the command line.
    fitting : tuple of str
        Options of observations that hold for it, by their names among the arguments.
    single : tuple of str
        Those of `SINGLE` that hold for it.
    """

    make: Callable
    fitting: tuple[str, ...]
    single: tuple[str, ...] = ()


def run(kind: Kind, args, given: dict, effects, console) -> None:
    """Observe, and tell where everything is.

    Parameters
    ----------
    kind : Kind
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects
    console : rich.console.Console

    Raises
    ------
    GpucalError
        One of them does not hold for observations of this kind.
    """
    unfit = [name for name in given if name not in kind.fitting]
    unfit += [name for name in SINGLE if name not in kind.single and getattr(args, name) is not None]
    if unfit:
        name = unfit[0].replace("_", "-")
        raise GpucalError(f"--{name} does not hold for --observation {args.observation} (see gpucal simulate -h)")
    observation = kind.make(args, given, effects)
    tell(console, observation.files(), observation)


def tell(console, files: Iterable[tuple[str, Path]], simulated) -> None:
    """List files by what they are, the cache of an observation, and the variables that make CRDS use it.

    Parameters
    ----------
    console : rich.console.Console
    files : iterable of (str, Path)
    simulated : object
        Has ``cache`` and ``environment()``.
    """
    for title, path in (*files, ("cache", simulated.cache)):
        console.print(f"[bold]{title}[/]{' ' * max(1, 9 - len(title))}{path}")
    console.print("\nto calibrate it:")
    for name, value in simulated.environment().items():
        console.print(f"export {name}={quote(value)}", markup=False, soft_wrap=True)
