"""What a step does with its parameters: it takes them, checks them, tells them, reads and writes them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from gpucal.core.config import configure
from gpucal.core.config.parameters import accepted, defaults, validate
from gpucal.data.reading import expand


class Configurable:
    """Parameters as attributes, declared in ``spec``.

    Parameters
    ----------
    name : str, optional
        The step's name, by default that of its class. Products of a step that runs alone end in it.
    parent : Pipeline, optional
        The pipeline that the step is part of.
    config_file : path, optional
        The file that the parameters came from.
    **parameters
        Values of the parameters in `spec`, and ``override_<reference type>``.

    Attributes
    ----------
    class_alias : str
        The name on the command line and in ``meta.cal_step``.
    spec : str
        The parameters, one a line: ``name = type(default=value)  # help``; those of the bases are inherited.
    reference_file_types : tuple of str
        The types of reference that the step uses.
    is_pipeline : bool
        Whether it is a pipeline: it then has steps, and no references of its own.
    step_defs : dict of str to type
        The steps of a pipeline, under their names.

    Raises
    ------
    ParameterError
        If a parameter is unknown or has a bad value.

    Examples
    --------
    >>> from gpucal.steps import JumpStep
    >>> step = JumpStep(rejection_threshold=5)
    >>> step.rejection_threshold
    5.0
    >>> step.rejection_treshold = 6
    Traceback (most recent call last):
        ...
    gpucal...ParameterError: ... no parameter 'rejection_treshold'; nearest valid name: 'rejection_threshold'
    """

    class_alias: ClassVar[str | None] = None
    reference_file_types: ClassVar[tuple[str, ...]] = ()
    is_pipeline: ClassVar[bool] = False
    step_defs: ClassVar[dict[str, type["Configurable"]]] = {}
    spec: ClassVar[str] = """
        pre_hooks = list(default=list())  # functions or classes to run before the step
        post_hooks = list(default=list())  # functions or classes to run after the step
        output_file = output_file(default=None)  # file to save the result in; asks for saving
        output_dir = string(default=None)  # directory of the products, made if it is not there
        output_ext = string(default='.fits')  # extension of the products, which decides their format
        output_use_model = boolean(default=False)  # name products after meta.filename of the model
        output_use_index = boolean(default=True)  # number the products when there are several
        save_results = boolean(default=False)  # save the results
        skip = boolean(default=False)  # leave this step out
        suffix = string(default=None)  # last part of the products' names
        search_output_file = boolean(default=True)  # take output_file of the pipeline when the step has none
        input_dir = string(default=None)  # directory of the input
    """

    def __init__(
        self,
        name: str | None = None,
        parent=None,
        config_file: str | Path | None = None,
        **parameters: Any,
    ):
        self.__dict__.update(name=name or type(self).__name__, parent=parent, config_file=config_file)
        self.__dict__.update({name: value for name, value in defaults(type(self)).items() if name != "steps"})
        self.__dict__.update(validate(type(self), parameters, source=f"{type(self).__name__}()"))

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a parameter; an unknown name or a bad value is refused."""
        if name in ("name", "parent", "config_file"):
            self.__dict__[name] = value
        else:
            self.__dict__.update(validate(type(self), {name: value}, source=f"{self.name}.{name}"))

    @classmethod
    def from_config_file(
        cls, config_file: str | Path, parent=None, name: str | None = None
    ) -> "Configurable":
        """A step with the parameters of a configuration file, of the class that the file names."""
        return configure.from_config_file(config_file, parent, name)

    @classmethod
    def from_config_section(
        cls,
        config: Mapping[str, Any],
        parent=None,
        name: str | None = None,
        config_file: str | Path | None = None,
    ) -> Self:
        """A step of this class with the parameters of a section, or of a dictionary.

        Parameters
        ----------
        config : mapping
            Values of parameters, those of a pipeline's steps under ``steps``; a ``class`` in it does not count.
        parent : Pipeline, optional
            The pipeline that the step is part of.
        name : str, optional
            By default the ``name`` in the section.
        config_file : path, optional
            The file that the section is from; relative paths in it start there.

        Returns
        -------
        Step

        Raises
        ------
        ParameterError
            If a parameter is unknown or has a bad value.

        Examples
        --------
        >>> from gpucal.steps import JumpStep
        >>> JumpStep.from_config_section({"name": "mine", "rejection_threshold": "5"}).rejection_threshold
        5.0
        """
        return configure.from_section(cls, config, parent, name, config_file)

    @classmethod
    def get_config_from_reference(cls, source, disable: bool | None = None) -> dict[str, Any]:
        """The parameters that CRDS has for an input; `call` uses them, an instance does not by itself.

        Parameters
        ----------
        source : path or model
            The input, whose header selects the parameter reference.
        disable : bool, optional
            Do not ask; by default as ``STPIPE_DISABLE_CRDS_STEPPARS`` says.

        Returns
        -------
        dict
            Values by name, those of a pipeline's steps under ``steps``; to be used with `from_config_section` or
            `update_pars`. Empty where there is no parameter reference.

        Examples
        --------
        >>> from gpucal.steps import JumpStep
        >>> JumpStep.get_config_from_reference("exposure_uncal.fits", disable=True)
        {}
        """
        return configure.parameters_in_crds(cls, source, disable)

    def get_pars(self, full_spec: bool = True) -> dict[str, Any]:
        """The values of all parameters; without ``full_spec``, of those that the step itself declares.

        Examples
        --------
        >>> from gpucal.steps import IPCStep, SaturationStep
        >>> SaturationStep(n_pix_grow_sat=2).get_pars(full_spec=False)
        {'n_pix_grow_sat': 2, 'use_readpatt': True}
        >>> IPCStep().get_pars()["output_ext"]
        '.fits'
        """
        return configure.parameters_of(self, full_spec)

    def update_pars(self, parameters: Mapping[str, Any]) -> None:
        """Set parameters, such as those that `get_pars` of another step gives.

        Parameters
        ----------
        parameters : mapping
            Values by name, those of a pipeline's steps under ``steps``. What the step does not have is left out,
            with a warning.

        Raises
        ------
        ParameterError
            If a value is bad.

        Examples
        --------
        >>> from gpucal.pipelines import Detector1Pipeline
        >>> pipeline = Detector1Pipeline()
        >>> pipeline.update_pars({"save_results": True, "steps": {"jump": {"skip": True}}})
        >>> pipeline.save_results, pipeline.jump.skip
        (True, True)
        """
        configure.update(self, parameters)

    def export_config(self, path: str | Path, include_metadata: bool = False) -> None:
        """Write the parameters to a file, to be used with `from_config_file`, ``gpucal strun`` or ``strun``.

        Parameters
        ----------
        path : path
            A ``.cfg`` file where the name ends so; else a parameter ``.asdf`` file.
        include_metadata : bool
            In an ``.asdf`` file, add what CRDS asks of a ``pars-*`` reference, with places to fill in.

        Raises
        ------
        ConfigError
            If the file cannot be written.

        Examples
        --------
        >>> from gpucal.steps import JumpStep
        >>> JumpStep(rejection_threshold=5).export_config("my_jump.asdf")
        >>> JumpStep.from_config_file("my_jump.asdf").rejection_threshold
        5.0
        """
        configure.export(self, path, include_metadata)

    @classmethod
    def print_configspec(cls) -> None:
        """Print all parameters, with type, default and meaning.

        Examples
        --------
        >>> from gpucal.steps import SaturationStep
        >>> SaturationStep.print_configspec()
        pre_hooks = list(default=list())  # functions or classes to run before the step
        ...
        override_superbias = is_string_or_datamodel(default=None)  # file or open model to use ...
        """
        for parameter in accepted(cls).values():
            sys.stdout.write(f"{parameter.name} = {parameter.check}  # {parameter.help}\n")

    def override(self, kind: str) -> Any:
        """The override of a reference type: a path, ``N/A``, an open model, or None."""
        given = self.__dict__.get(f"override_{kind}")
        if isinstance(given, str | Path) and str(given).strip() not in ("N/A", ""):
            return str(expand(given))
        return given

    def search(self, name: str) -> Any:
        """A parameter of the step or, where it has none, of the pipeline it is part of."""
        value = getattr(self, name, None)
        if value is None and self.parent is not None:
            return self.parent.search(name)
        return value
