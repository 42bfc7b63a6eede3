"""Put a step's parameters together: defaults, CRDS, configuration file, command line or call."""

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gpucal.core.config.config_file import (
    ConfigError,
    StepConfig,
    follow_config_files,
    is_packaged,
    looks_like_file,
    read_config,
    write_config,
)
from gpucal.core.config.nearest import suggestion
from gpucal.core.config.parameters import accepted, full_spec, merge, validate
from gpucal.core.config.registry import exported_name, find_class
from gpucal.core.config.words import COMMAND_LINE, Words, nest
from gpucal.core.run.inputs import Input, exposures_of, inputs_of
from gpucal.core.run.results import products_of
from gpucal.data import Exposure, Members
from gpucal.errors import GpucalError
from gpucal.names.steps import OURS_ALONE, is_known
from gpucal.reference import best_references, crds_parameters, parameter_references

log = logging.getLogger(__name__)

DISABLE_VARIABLE = "STPIPE_DISABLE_CRDS_STEPPARS"
_YES = ("true", "t", "yes", "y")


def configured(
    step_class: type, source, config_file=None, disable_crds_steppars=None, own: dict | None = None
):
    """A step with all layers of parameters for one input.

    Parameters
    ----------
    step_class : type
        The step or pipeline.
    source : path, model, or a list or association of them
        The input; its header selects the parameter references.
    config_file : path, optional
        A ``.cfg`` or ``.asdf`` file.
    disable_crds_steppars : bool, optional
        Do without parameter references; by default as the environment says.
    own : dict
        The user's own parameters, nested; they win.

    Returns
    -------
    Step, list of Input
        The step, and the input, ready for its ``run``; the first that can be opened is.
    """
    config = read_config(config_file) if config_file is not None else None
    from_file = config_layer(step_class, config) if config is not None else {}
    own = validate(step_class, follow_config_files(own or {}), source=f"{step_class.__name__}.call()")
    input_dir = merge(from_file, own).get("input_dir")
    inputs = inputs_of(source, step_class, input_dir)
    first = _first_opened(inputs)
    first.read_ahead()
    from_crds = {} if steppars_disabled(disable_crds_steppars) else crds_layer(step_class, products_of(first)[0])
    name = config.name if config is not None else None
    return build(step_class, merge(from_crds, from_file, own), name, config_file), inputs


def configured_by_words(words: Words, disable_crds_steppars=None):
    """A step as a command line asks for it.

    Parameters
    ----------
    words : Words
        What to run, on which input, with which parameters.
    disable_crds_steppars : bool, optional
        As of `configured`.

    Returns
    -------
    Step, list of Input
        As of `configured`; without an input, the list is empty and CRDS is not asked for parameters.

    Raises
    ------
    GpucalError
        If the words name nothing that there is.
    """
    config, step_class = find_step(words.what)
    own = validate(step_class, follow_config_files(nest(words.parameters)), source=COMMAND_LINE)
    path = config and config.path
    if words.inputs:
        source = words.inputs[0] if len(words.inputs) == 1 else words.inputs
        return configured(step_class, source, path, disable_crds_steppars, own)
    from_file = config_layer(step_class, config) if config else {}
    return build(step_class, merge(from_file, own), config and config.name, path), []


def _first_opened(inputs: list[Input]) -> Exposure | Members:
    """The first input that can be opened: what is wrong with those before it is told when their turn has come."""
    for one in inputs[:-1]:
        with suppress(GpucalError):
            return one.open()[0]
    return inputs[-1].open()[0]


def find_step(what: str) -> tuple[StepConfig | None, type]:
    """The configuration and the Step class that a user asks for with one word.

    Parameters
    ----------
    what : str
        An alias, a class, a configuration file, or the name of a packaged one without its ending.

    Returns
    -------
    StepConfig or None, type
        None where the word is no file.

    Raises
    ------
    GpucalError
        If there is no such file, step or pipeline.
    """
    if not is_known(what) and is_packaged(f"{what}.cfg"):
        what = f"{what}.cfg"
    if not looks_like_file(what):
        return None, find_class(what)
    config = read_config(what)
    if config.class_name is None:
        raise ConfigError(f"{config.path} names no class; add a line such as class = jump")
    return config, find_class(config.class_name, config.path.parent)


def build(step_class: type, parameters: dict, name: str | None = None, config_file=None, parent=None):
    """A step with these parameters."""
    return step_class(name=name, parent=parent, config_file=config_file, **parameters)


def from_config_file(config_file, parent=None, name: str | None = None):
    """A step of the class that a configuration file names; see `Step.from_config_file`."""
    config = read_config(config_file)
    if config.class_name is None:
        raise GpucalError(f"{config.path}: names no class; add a line such as  class = JumpStep")
    step_class = find_class(config.class_name, config.path.parent)
    return build(step_class, config_layer(step_class, config), name or config.name, config.path, parent)


def from_section(step_class: type, section: Mapping, parent=None, name: str | None = None, config_file=None):
    """A step with the parameters of a section; see `Step.from_config_section`."""
    directory = Path(config_file).parent if config_file else None
    values = {key: value for key, value in section.items() if key not in ("class", "name", "config_file")}
    values = follow_config_files(values, directory)
    parameters = validate(step_class, values, f"a section for {step_class.__name__}", directory)
    return build(step_class, parameters, name or section.get("name"), config_file, parent)


def config_layer(step_class: type, config: StepConfig) -> dict:
    """The validated parameters of a configuration file, those of its steps nested."""
    return validate(step_class, config.values(), source=str(config.path), directory=config.path.parent)


def crds_layer(step_class: type, exposure: Exposure) -> dict:
    """The parameters that CRDS has for this exposure: those of the steps, then the pipeline's over them."""
    header = crds_parameters(exposure.model)
    steps = step_class.step_defs
    types = [parameter_type(one) for one in (*steps.values(), step_class)]
    found = parameter_references(header, dict.fromkeys(types))
    configs = {kind: read_config(path) for kind, path in found.items()}
    for kind, path in found.items():
        log.info("Parameters from %s: %s", kind, path)
    layers = [
        {"steps": {key: config_layer(its_class, configs[kind])}}
        for key, its_class in steps.items()
        if (kind := parameter_type(its_class)) in configs
    ]
    if parameter_type(step_class) in configs:
        layers.append(config_layer(step_class, configs[parameter_type(step_class)]))
    return merge(*layers)


def parameters_in_crds(step_class: type, source, disable: bool | None = None) -> dict:
    """What the parameter references have for an input; see `Step.get_config_from_reference`."""
    return {} if steppars_disabled(disable) else crds_layer(step_class, exposures_of(source)[0])


def reference_file(step, source, kind: str):
    """The reference that a step would use for an input; see `Step.get_reference_file`."""
    override = step.override(kind)
    if override is not None:
        return override
    exposure = exposures_of(source, step.input_dir)[0]
    return best_references(crds_parameters(exposure.model), [kind])[kind]


def parameter_type(step_class: type) -> str:
    """The CRDS type of a step's parameter reference, such as ``pars-jumpstep``."""
    return f"pars-{step_class.__name__.lower()}"


def steppars_disabled(asked: bool | None) -> bool:
    """Whether parameter references are left aside: as asked, else as the environment says."""
    if asked is not None:
        return asked
    return os.environ.get(DISABLE_VARIABLE, "").strip().lower() in _YES


def parameters_of(step, full_spec_wanted: bool = True) -> dict:
    """The values of a step's parameters; see `Step.get_pars`."""
    names = full_spec(type(step)) if full_spec_wanted else own_spec(type(step))
    values = {name: getattr(step, name) for name in names}
    steps = {key: parameters_of(getattr(step, key), full_spec_wanted) for key in type(step).step_defs}
    return values | {"steps": steps} if steps else values


def update(step, parameters: Mapping) -> None:
    """Set parameters, those of a pipeline's steps nested; see `Step.update_pars`."""
    known = accepted(type(step))
    for name, value in parameters.items():
        if name == "steps" and step.is_pipeline:
            for key, section in value.items():
                if key in step.step_defs:
                    update(getattr(step, key), section)
                else:
                    log.warning("%s has no step %r%s", step.name, key, suggestion(key, step.step_defs))
        elif name in known:
            setattr(step, name, value)
        else:
            log.warning("%s has no parameter %r%s", step.name, name, suggestion(name, known))


def own_spec(step_class: type) -> list[str]:
    """The parameters that a step declares itself, without those common to all."""
    universal = full_spec(step_class.__mro__[-2])
    return [name for name in full_spec(step_class) if name not in universal]


def export(step, path, include_metadata: bool = False) -> None:
    """Write a step's parameters, overrides included; see `Step.export_config`."""
    config = _as_config(step, parameters_of(step))
    write_config(path, config.class_name, config.name, config.parameters, config.steps, include_metadata)


def _as_config(step, values: dict) -> StepConfig:
    inner = {key: (getattr(step, key), its) for key, its in values.pop("steps", {}).items()}
    known = {key: pair for key, pair in inner.items() if pair[0].class_alias not in OURS_ALONE or _changed(*pair)}
    steps = {key: _as_config(*pair) for key, pair in known.items()}
    hidden = set(type(step).own_parameters) - _changed(step, values)
    told = {name: value for name, value in values.items() if name not in hidden}
    return StepConfig(exported_name(type(step)), step.name, told | _overrides(step), steps)


def _changed(step, values: dict) -> set[str]:
    """The parameters that differ from their defaults."""
    usual = accepted(type(step))
    return {name for name, value in values.items() if value != usual[name].default}


def _overrides(step) -> dict:
    names = (name for name in accepted(type(step)) if name.startswith("override_"))
    return {name: value for name in names if (value := getattr(step, name)) is not None}
