"""Configuration files: ``.cfg`` (ConfigObj) and parameter ``.asdf``, read to one form and written.

A ``.cfg`` file names a class, the step, and parameters; for a pipeline, those of its steps::

    name = "Detector1Pipeline"
    class = "jwst.pipeline.Detector1Pipeline"
    save_calibrated_ramp = true
    logcfg = "quiet-log.cfg"

    [steps]
      [[jump]]
        config_file = my_jump.cfg
        rejection_threshold = 5.0

A parameter ``.asdf`` file, also the form of CRDS ``pars-*`` references, holds the same as a tree with
``class``, ``name``, ``parameters`` and ``steps`` (a list of such trees).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from configobj import ConfigObj, ConfigObjError

from gpucal.core.config.nearest import suggestion
from gpucal.core.config.parameters import merge
from gpucal.core.config.registry import find_class
from gpucal.errors import GpucalError
from gpucal.names.steps import is_known

ENDINGS = (".cfg", ".asdf")
_NOT_PARAMETERS = ("class", "name", "config_file", "logcfg")
_TO_SPECIFY = "<SPECIFY>"


class ConfigError(GpucalError):
    """A configuration file that is missing, malformed or cannot be written."""


@dataclass(frozen=True)
class StepConfig:
    """What a configuration file says of one step or pipeline.

    Attributes
    ----------
    class_name : str or None
        The Step class, as written.
    name : str or None
        The step's name; that of the file where it gives none.
    parameters : dict
        Values by name, as text (``.cfg``) or typed (``.asdf``).
    steps : dict of str to StepConfig
        What it says of each step of a pipeline.
    path : pathlib.Path or None
        The file; None if the configuration did not come from one.
    config_file : pathlib.Path or None
        Another file that holds the parameters which this one does not give.
    logcfg : pathlib.Path or None
        The log configuration that it names.
    """

    class_name: str | None = None
    name: str | None = None
    parameters: dict = field(default_factory=dict)
    steps: dict[str, "StepConfig"] = field(default_factory=dict)
    path: Path | None = None
    config_file: Path | None = None
    logcfg: Path | None = None

    def values(self) -> dict:
        """The parameters, those of the steps nested under ``steps``, over those of a named ``config_file``.

        Raises
        ------
        ConfigError
            If a named file is missing or malformed, or files name each other in a circle.
        """
        return self._values(())

    def _values(self, followed: tuple[Path, ...]) -> dict:
        steps = {name: step._values(followed) for name, step in self.steps.items()}
        own = merge(self.parameters, {"steps": steps} if steps else {})
        if self.config_file is None:
            return own
        if self.config_file in followed:
            raise ConfigError(f"{self.path}: {self.config_file} names itself, at once or through others")
        return merge(read_config(self.config_file)._values((*followed, self.config_file)), own)


def looks_like_file(name: str) -> bool:
    """Whether a word on the command line means a configuration file and not a class."""
    path = os.path.expanduser(name)
    return name.endswith(ENDINGS) or os.path.isfile(path) or (os.path.isdir(path) and not is_known(name))


def is_packaged(name: str) -> bool:
    """Whether there is a packaged configuration file of that name."""
    return os.path.basename(name) == name and (_packaged() / name).is_file()


def _packaged() -> Path:
    return Path(str(files("gpucal.cfg")))


def find_config_file(name: str | os.PathLike, directory: Path | None = None) -> Path:
    """Find a configuration file by path, or a packaged one by its bare name.

    Parameters
    ----------
    name : path
        The file. A bare name that does not exist is looked up among the packaged files.
    directory : pathlib.Path, optional
        Where a relative path starts. By default the working directory.

    Returns
    -------
    pathlib.Path
        The absolute path.

    Raises
    ------
    ConfigError
        If there is no such file, or it is a directory.
    """
    written = os.fspath(name)
    path = Path(directory or "", os.path.expanduser(written)).absolute()
    if path.is_file():
        return path
    if path.is_dir():
        raise ConfigError(f"{path}: is a directory; name a configuration file in it")
    if os.path.dirname(written):
        raise ConfigError(f"configuration file {written!r} does not exist")
    if is_packaged(written):
        return _packaged() / written
    hint = suggestion(path.stem, sorted(entry.stem for entry in _packaged().glob("*.cfg")))
    raise ConfigError(f"configuration file {written!r} is neither in {path.parent} nor a packaged one{hint}")


def read_config(path: str | os.PathLike, directory: Path | None = None) -> StepConfig:
    """Read a ``.cfg`` or parameter ``.asdf`` file.

    Parameters
    ----------
    path : path
        The file; a bare name is looked up as in `find_config_file`.
    directory : pathlib.Path, optional
        Where a relative path starts. By default the working directory.

    Returns
    -------
    StepConfig
        Parameters as written, unchecked. ``config_file`` of a step is not followed.

    Raises
    ------
    ConfigError
        If the file is missing, malformed, or says what no configuration says.
    """
    path = find_config_file(path, directory)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read configuration file {path}: {error.strerror}") from error
    tree = _asdf_tree(path) if content.startswith(b"#ASDF") else _cfg_tree(path, content)
    return _from_tree({"name": path.stem} | tree, path)


def log_configuration_of(config_file: str | os.PathLike | None) -> Path | None:
    """The log configuration that a configuration file names; None where it names none, or there is no file."""
    return None if config_file is None else read_config(config_file).logcfg


def follow_config_files(values: Mapping, directory: Path | None = None) -> dict:
    """Fill in, from the ``config_file`` that a step names, the values that the command line or a call does not give.

    Parameters
    ----------
    values : mapping
        Nested values, as the command line or a Python call gives them.
    directory : pathlib.Path, optional
        Where a relative path starts. By default the working directory.

    Returns
    -------
    dict
        The values without ``config_file``.
    """
    steps = {}
    for step, section in values.get("steps", {}).items():
        own = {name: value for name, value in section.items() if name != "config_file"}
        named = section.get("config_file")
        steps[step] = merge(read_config(named, directory).values(), own) if named else own
    return {**values, "steps": steps} if steps else dict(values)


def _cfg_tree(path: Path, content: bytes) -> dict:
    try:
        return ConfigObj(content.decode().splitlines(), raise_errors=True).dict()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is neither a .cfg nor a parameter .asdf file") from error
    except ConfigObjError as error:
        raise ConfigError(f"malformed configuration file {path}: {error}") from error


def _asdf_tree(path: Path) -> dict:
    """The tree of a parameter file in the form of a ``.cfg``: parameters at the top, steps by name."""
    import asdf
    import yaml

    try:
        with asdf.open(path, lazy_load=False, memmap=False) as opened:
            tree = opened.tree
    except (OSError, ValueError, TypeError, yaml.YAMLError, asdf.ValidationError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"malformed parameter file {path}: {reason}") from error
    return _flat(tree, path)


def _flat(tree: Mapping, path: Path) -> dict:
    parameters = tree.get("parameters")
    if not isinstance(parameters, Mapping):
        raise ConfigError(f"{path} is no parameter file: it has no 'parameters'")
    flat = dict(parameters) | {key: tree[key] for key in ("class", "name", "logcfg") if key in tree}
    steps = tree.get("steps", [])
    if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        raise ConfigError(f"parameter file {path}: its 'steps' are no list of steps")
    if steps:
        flat["steps"] = {_step_name(step, path): _flat(step, path) for step in steps}
    return flat


def _step_name(step: Mapping, path: Path) -> str:
    """The name of a step in a parameter file: given, or the alias of its class."""
    if "name" in step:
        return step["name"]
    if "class" not in step:
        raise ConfigError(f"parameter file {path} has a step with neither 'name' nor 'class'")
    return find_class(step["class"], path.parent).class_alias


def _from_tree(tree: Mapping, path: Path) -> StepConfig:
    sections = tree.get("steps") or {}
    if not isinstance(sections, Mapping):
        raise ConfigError(f"{path}: 'steps' must be a section with a subsection for each step")
    for name, value in (*tree.items(), *sections.items()):
        is_section = isinstance(value, Mapping)
        if is_section != (name in sections or name == "steps"):
            raise ConfigError(f"{path}: {_misplaced(name, is_section)}")
    parameters = {key: value for key, value in tree.items() if key not in (*_NOT_PARAMETERS, "steps")}
    return StepConfig(
        class_name=tree.get("class") or None,
        name=tree.get("name") or None,
        parameters=parameters,
        steps={name: _from_tree(section, path) for name, section in sections.items()},
        path=path,
        config_file=_named_file(tree, "config_file", path),
        logcfg=_named_file(tree, "logcfg", path),
    )


def _misplaced(name: str, is_section: bool) -> str:
    if is_section:
        return f"unknown section [{name}]{suggestion(name, ['steps'])}"
    return f"'{name}' stands under [steps] but is no section [[{name}]]"


def _named_file(tree: Mapping, key: str, path: Path) -> Path | None:
    """The file that another names, relative to it; None where it names none."""
    return find_config_file(tree[key], path.parent) if tree.get(key) else None


def write_config(
    path: str | os.PathLike,
    class_name: str,
    name: str,
    parameters: Mapping,
    steps: Mapping[str, StepConfig] | None = None,
    metadata: bool = False,
) -> None:
    """Write the parameters of a step or pipeline so that `read_config` gives them back.

    Parameters
    ----------
    path : path
        A ``.cfg`` file where the name ends so; else a parameter ``.asdf`` file. In a ``.cfg`` file a
        parameter whose value is None is left out, for want of a way to write it.
    class_name, name : str
        The Step class and the step's name.
    parameters : mapping
        Typed values by name.
    steps : mapping of str to StepConfig, optional
        For a pipeline, those of its steps.
    metadata : bool, optional
        In an ``.asdf`` file, add the ``meta`` tree that CRDS asks of a ``pars-*`` reference, with
        places to fill in.

    Raises
    ------
    ConfigError
        If the file cannot be written.
    """
    config = StepConfig(class_name, name, dict(parameters), dict(steps or {}))
    path = Path(path).expanduser()
    partial = path.with_name(path.name + ".part")
    try:
        if path.suffix == ".cfg":
            _write_cfg(partial, config)
        else:
            _write_asdf(partial, config, metadata)
        partial.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write parameters to {path}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def _plain(value):
    """A value in a form that a file can hold: functions and classes as their import path, paths as text."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise ConfigError(f"a value of type {type(value).__name__} cannot be written to a parameter file")


def _write_cfg(path: Path, config: StepConfig) -> None:
    cfg = ConfigObj(interpolation=False, indent_type="  ")
    cfg.merge(_cfg_section(config))
    path.write_text("\n".join(cfg.write()) + "\n")


def _cfg_section(config: StepConfig) -> dict:
    parameters = {key: _plain(value) for key, value in config.parameters.items() if value is not None}
    section = {"name": config.name, "class": config.class_name} | parameters
    steps = {name: _cfg_section(step) for name, step in config.steps.items()}
    return section | {"steps": steps} if steps else section


def _write_asdf(path: Path, config: StepConfig, metadata: bool) -> None:
    import asdf

    tree = _asdf_section(config)
    if metadata:
        tree["meta"] = _metadata(config.class_name)
    with asdf.AsdfFile(tree) as opened:
        opened.write_to(path)


def _asdf_section(config: StepConfig) -> dict:
    section = {
        "class": config.class_name,
        "name": config.name,
        "parameters": {key: _plain(value) for key, value in config.parameters.items()},
    }
    steps = [_asdf_section(step) for step in config.steps.values()]
    return section | {"steps": steps} if steps else section


def _metadata(class_name: str) -> dict:
    """The ``meta`` tree of a ``pars-*`` reference, with places for what only its author knows."""
    left_open = ("author", "origin", "pedigree", "reftype", "telescope", "useafter")
    return {key: _TO_SPECIFY for key in left_open} | {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "description": f"Parameters of {class_name}",
        "instrument": {"name": _TO_SPECIFY},
    }
