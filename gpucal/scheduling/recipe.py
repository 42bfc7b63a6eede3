"""What is done to each exposure of a batch, in a form that can be sent to another process."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gpucal import __version__
from gpucal.core.config import configure
from gpucal.core.config.config_file import follow_config_files, read_config
from gpucal.core.config.parameters import merge, validate
from gpucal.core.config.registry import find_class
from gpucal.data.reading import expand
from gpucal.names.products import product_path
from gpucal.reference import context_in_use
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.order import Job

_NO_FILE = ("", "N/A")


@dataclass(frozen=True)
class Recipe:
    """A step or pipeline with its parameters.

    Attributes
    ----------
    class_name : str
        The dotted name of the Step class.
    parameters : dict
        Typed, nested values of the configuration file and of the user, paths absolute.
    config_file : Path or None
        The configuration file, which also gives the step its name.
    disable_crds_steppars : bool or None
        Do without parameter references; None as the environment says.
    backend : str or None
        Where to run; None as the environment says.
    """

    class_name: str
    parameters: dict
    config_file: Path | None = None
    disable_crds_steppars: bool | None = None
    backend: str | None = None

    @property
    def output_dir(self) -> Path:
        """Where the products go."""
        return Path(self.parameters["output_dir"])

    @property
    def step_class(self) -> type:
        """The step or pipeline."""
        return find_class(self.class_name, self.config_file.parent if self.config_file else None)

    @property
    def takes_associations(self) -> bool:
        """Whether it runs on an association as a whole, rather than on each of its science members."""
        return self.step_class.over_members or self.step_class.uses_other_members

    def configured(self, path: Path):
        """The step for one exposure or association, whose products it is to save, and that, opened.

        Returns
        -------
        Step, list of Input
        """
        step, inputs = configure.configured(
            self.step_class, path, self.config_file, self.disable_crds_steppars, self.parameters
        )
        step.save_results = True
        return step, inputs

    def digest(self) -> str:
        """A checksum of all that decides what the products are: parameters, CRDS context, version of gpucal.

        Raises
        ------
        BatchError
            If a parameter is an open model or another object that has no name.
        """
        decisive = {
            "class": self.class_name,
            "name": read_config(self.config_file).name if self.config_file else None,
            "parameters": self.parameters,
            "parameter references": not configure.steppars_disabled(self.disable_crds_steppars),
            "context": context_in_use(),
            "version": __version__,
        }
        return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=_name_of).encode()).hexdigest()

    def check_names(self, jobs: Iterable[Job]) -> None:
        """See that no two exposures would write the same product.

        Raises
        ------
        BatchError
            If two would; the message names them.
        """
        seen: dict[Path, Path] = {}
        for job in jobs:
            named = job.filename if self.parameters.get("output_use_model") and job.filename else job.input
            for name in job.products or (named,):
                product = product_path(
                    name, "", output_dir=self.output_dir, output_file=self.parameters.get("output_file"), ext=""
                )
                other = seen.setdefault(product, job.input)
                if other != job.input:
                    raise BatchError(
                        f"{other} and {job.input} would write the same products ({product.name.rstrip('.')}*); run "
                        "them in batches with different --output_dir"
                    )


def make_recipe(
    what: str | type,
    own: Mapping,
    config_file: str | Path | None = None,
    disable_crds_steppars: bool | None = None,
    backend: str | None = None,
    source: str = "batch()",
) -> Recipe:
    """What to do to each exposure.

    Parameters
    ----------
    what : str or type
        An alias, a Step class or its name, or a configuration file.
    own : mapping
        The user's own parameters, nested.
    config_file : path, optional
        A configuration file for a step that ``what`` names by class or alias.
    disable_crds_steppars : bool, optional
        Do without parameter references.
    backend : str, optional
        Where to run.
    source : str
        Where the parameters were written, for error messages.

    Returns
    -------
    Recipe

    Raises
    ------
    GpucalError
        If there is no such step or file, or a parameter is unknown or has a bad value.
    """
    config, step_class = (None, what) if isinstance(what, type) else configure.find_step(what)
    if config_file is not None:
        config = read_config(config_file)
    from_file = configure.config_layer(step_class, config) if config else {}
    given = validate(step_class, follow_config_files(own), source)
    parameters = _anchored({"output_dir": "."} | merge(from_file, given))
    name = f"{step_class.__module__}.{step_class.__qualname__}"
    return Recipe(name, parameters, config and config.path, disable_crds_steppars, backend)


def _anchored(parameters: Mapping) -> dict:
    """The parameters with the paths in them absolute, so that they mean the same on every worker."""
    anchored = {}
    for name, value in parameters.items():
        if isinstance(value, dict):
            anchored[name] = _anchored(value)
        elif _is_path(name) and isinstance(value, str) and value.strip() not in _NO_FILE:
            anchored[name] = str(expand(value).absolute())
        else:
            anchored[name] = value
    return anchored


def _is_path(name: str) -> bool:
    return name in ("output_dir", "input_dir") or name.startswith("override_")


def _name_of(value) -> str:
    """The name of a function or class, as a hook is one."""
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    raise BatchError(
        f"a batch takes no {type(value).__name__} as a parameter; write it to a file and give its path"
    )
