"""Modules of other packages that are imported now and executed when something in them is used.

The data models import at their top what few of their functions use: units, time, tables, modeling, and with these all
of the sky coordinates. The client of CRDS imports all of its tools, and with them clients of the web and parsers. What
finds sources imports signal processing, and with it all of the distributions of statistics. Splines come with what
searches for minima and for neighbours.
`import_deferring` finds the modules in `MODULES` as usual but does not execute them. Each executes by itself, in place,
when it is asked for a name that it does not have yet.

`IMPORTERS` take from these modules what they do not use at once: classes that they compare types with, a function that
they may call. They, and nobody else, get a stand-in that leaves the module as it is; this is why a module looks at the
frame of who asks. Only a command does this, in its own process. Tried with `TRIED`.

Saves 0.16 s of 2.5 s of processor time (``python -m bench.startup --patches``, NIRCam full frame, AMD EPYC).
"""

import importlib
import sys
from datetime import UTC, datetime
from importlib import metadata
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import TypeVar

from gpucal.startup.switch import is_on

TRIED = {"astropy": ("8.0",), "crds": ("14.0",), "stdatamodels": ("6.0",), "photutils": ("3.0",)}
TRIED_SPLINES = {"numpy": ("2.4",), "scipy": ("1.17",)}

# The modules that can wait, and what `IMPORTERS` take from them by name without using it at once. These take
# submodules, too; for all others a package executes before its submodules do.
MODULES = {
    "astropy.modeling": (),
    "astropy.modeling.core": ("Model",),
    "astropy.nddata": (),
    "astropy.table": ("Table",),
    "astropy.time": ("Time",),
    "astropy.units": ("Quantity", "UnitBase"),
    "crds": ("api",),
    "crds.certify": ("generic_tpn",),
    "filelock": ("FileLock",),
    "numpy.f2py": (),
    "packaging.requirements": ("Requirement",),
    "scipy.optimize": ("minimize_scalar", "root_scalar"),
    "scipy.signal": ("fftconvolve",),
    "scipy.spatial": ("KDTree", "cKDTree"),
    "scipy.spatial.distance": ("cdist", "pdist", "squareform"),
    "scipy.special": ("comb", "factorial", "poch", "xlogy"),
}

IMPORTERS = (
    "gpucal.", "astropy.io.fits.hdu.table", "astropy.utils.data", "crds.", "photutils.segmentation.catalog",
    "photutils.segmentation.core", "scipy.interpolate.", "stdatamodels.",
)  # fmt: skip

# Names with underscores that are only there once a module, or a package, has been executed.
_NAMES = ("__all__", "__version__")
_NAMES_OF_PACKAGES = (*_NAMES, "__path__")

# One thread at a time executes what was deferred; the modules whose execution has begun and not ended.
_turn = RLock()
_begun: set[str] = set()

# Whether this process is that of a command, in which modules are deferred.
_is_deferring = False


class _DeferredModule(ModuleType):
    """A module that has not been executed, or not to its end."""

    def __getattr__(self, name: str):
        folders = self.__spec__.submodule_search_locations
        if name.startswith("__") and name not in (_NAMES_OF_PACKAGES if folders else _NAMES):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = self._found_without(name) if _asking().startswith(IMPORTERS) else None
        if found is not None:
            return found
        _execute(self)
        if isinstance(self, _DeferredModule):  # asked for while it executes
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} yet")
        return getattr(self, name)

    def _found_without(self, name: str):
        """What can be had without execution: a submodule, where submodules are, or a stand-in."""
        if name in MODULES[self.__name__]:
            return (_StandInTime if name == "Time" else _StandIn)(self, name)
        folders = self.__spec__.submodule_search_locations
        if name == "__path__":
            return folders
        submodule = f"{self.__name__}.{name}"
        return importlib.import_module(submodule) if folders and PathFinder.find_spec(submodule, folders) else None


def _asking() -> str:
    """The name of the module whose code asks for something here, or has it asked for by code without a module."""
    frame = sys._getframe(2)
    while (name := frame.f_globals.get("__name__", "")).partition(".")[0] in ("importlib", ""):
        frame = frame.f_back
    return name


def _execute(module: ModuleType) -> None:
    """Execute a module if that was deferred, after the package that it belongs to."""
    with _turn:
        package = sys.modules.get(module.__name__.rpartition(".")[0])
        if package is not None:
            _execute(package)
        if not isinstance(module, _DeferredModule) or module.__name__ in _begun:
            return
        _begun.add(module.__name__)
        spec = module.__spec__
        if spec.submodule_search_locations is not None:
            module.__path__ = spec.submodule_search_locations
        try:
            spec.loader.exec_module(module)
            module.__class__ = ModuleType
        finally:
            _begun.remove(module.__name__)


class _StandIn:
    """Stands for something in a deferred module, such as a class; whatever needs that itself executes the module.

    An object is an instance of the class only if somebody has executed the module and made one.
    """

    def __init__(self, module: ModuleType, name: str):
        self._module, self._name = module, name

    def _itself(self) -> type:
        _execute(self._module)
        return getattr(self._module, self._name)

    def __instancecheck__(self, instance) -> bool:
        return not isinstance(self._module, _DeferredModule) and isinstance(instance, self._itself())

    def __subclasscheck__(self, subclass) -> bool:
        return not isinstance(self._module, _DeferredModule) and issubclass(subclass, self._itself())

    def __getattr__(self, attribute: str):
        return getattr(self._itself(), attribute)

    def __call__(self, *arguments, **settings):
        return self._itself()(*arguments, **settings)

    def __mro_entries__(self, _bases) -> tuple[type]:
        return (self._itself(),)

    def __or__(self, other):  # in an annotation
        return TypeVar(self._name) | other

    def __ror__(self, other):
        return other | TypeVar(self._name)


class _StandInTime(_StandIn):
    """Stands for astropy's ``Time``, and tells what time it is."""

    def now(self) -> "_Now":
        """The present."""
        return _Now()


class _Now:
    """The present, as data models write it into their headers."""

    def __init__(self):
        self.isot = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


class _Deferrer(Loader):
    """Loads a module without executing it."""

    def __init__(self, loader: Loader):
        self._loader = loader

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        module.__dict__.pop("__path__", None)  # so that the module is asked by who imports a submodule
        module.__class__ = _DeferredModule


class _Finder(MetaPathFinder):
    """Finds the modules that can wait."""

    def find_spec(self, name: str, path, _target=None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name in MODULES else None
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Deferrer(spec.loader)
            return spec
        return None


def import_deferring(*names: str) -> None:
    """Import modules by their full names, and defer what of `MODULES` they import.

    Does nothing where nothing is to be deferred: the modules are imported where they are used.
    """
    global _is_deferring
    if not is_on("imports", TRIED):
        return
    _is_deferring = True
    finder = _Finder()
    with _turn:
        sys.meta_path.insert(0, finder)
        try:
            for name in names:
                importlib.import_module(name)
        finally:
            sys.meta_path.remove(finder)


def import_segmentation() -> None:
    """Import what finds sources in images by photutils, and defer what that imports and does not use.

    It asks which of all packages has made it, to look up what it may use: a search of all files of all packages, which
    is spared here by the answer that nobody knows. It then takes its own name. Does nothing but in a command.
    """
    if not _is_deferring or "photutils" in sys.modules:
        return
    with _turn:
        asked = metadata.packages_distributions
        metadata.packages_distributions = dict
        try:
            import_deferring("photutils.segmentation")
        finally:
            metadata.packages_distributions = asked


def import_splines() -> None:
    """Import the splines of scipy, and defer what their package imports for others. Does nothing but in a command."""
    if _is_deferring and is_on("imports", TRIED_SPLINES):
        import_deferring("scipy.interpolate")
