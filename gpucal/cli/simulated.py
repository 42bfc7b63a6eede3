"""What is told of an observation that was simulated: where its files are, and how CRDS serves it."""

from collections.abc import Iterable
from pathlib import Path
from shlex import quote


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
