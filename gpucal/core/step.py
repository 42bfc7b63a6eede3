"""The base of all steps: parameters as values, a recipe in `process`, the rest in the runner."""

from pathlib import Path
from typing import ClassVar

from gpucal.core.config import configure
from gpucal.core.config.parameters import defaults, validate
from gpucal.core.naming import product_path
from gpucal.core.run import runner
from gpucal.data import Exposure, write_model
from gpucal.data.reading import expand


class Step:
    """One correction.

    A subclass declares what it is and has a `process` that reads as the recipe of the correction. What
    all steps do (finding references, skipping, timing, hooks, keywords, saving) is done once, for all of
    them, by `gpucal.core.run.runner`.

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
        The types of reference that the step may use; see `uses`.
    optional_references : tuple of str
        Those of them that it can do without: where CRDS has none, they count as ``N/A``. If another is ``N/A``, the
        step is skipped; if CRDS has none, the run ends before its first step.
    status_name : str, optional
        Where ``meta.cal_step`` tells what became of the step when it was to run, if not under its alias.
    input_types : tuple of str
        The types of data model that it takes; empty for all.
    by_integration : bool
        Whether the step works on each integration by itself: edits it in place, writes no metadata that depend on
        it, and asks for nothing but its number. See `works_by_integration`.
    required_keywords : dict of str to str
        FITS keywords without which nothing can be done, and their places in the metadata tree.

    Raises
    ------
    ParameterError
        If a parameter is unknown or has a bad value.
    """

    class_alias: ClassVar[str | None] = None
    reference_file_types: ClassVar[tuple[str, ...]] = ()
    optional_references: ClassVar[tuple[str, ...]] = ()
    status_name: ClassVar[str | None] = None
    input_types: ClassVar[tuple[str, ...]] = ()
    by_integration: ClassVar[bool] = False
    required_keywords: ClassVar[dict[str, str]] = {}
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

    def __init__(self, name: str | None = None, parent=None, config_file=None, **parameters):
        self.__dict__.update(name=name or type(self).__name__, parent=parent, config_file=config_file)
        self.__dict__.update({name: value for name, value in defaults(type(self)).items() if name != "steps"})
        self.__dict__.update(validate(type(self), parameters, source=f"{type(self).__name__}()"))

    def __setattr__(self, name: str, value) -> None:
        """Set a parameter; an unknown name or a bad value is refused."""
        if name in ("name", "parent", "config_file"):
            self.__dict__[name] = value
        else:
            self.__dict__.update(validate(type(self), {name: value}, source=f"{self.name}.{name}"))

    def process(self, exposure: Exposure, references) -> Exposure:
        """The recipe of the correction.

        Parameters
        ----------
        exposure : Exposure
            Edited in place.
        references : StepReferences
            ``references["dark"]`` is a `gpucal.reference.Reference`.

        Returns
        -------
        Exposure or NamedTuple of Exposure
            The result.

        Raises
        ------
        SkipStep
            If it turns out that the step does not apply, before anything is edited.
        """
        raise NotImplementedError(f"{type(self).__name__} has no process method")

    def check_applies(self, exposure: Exposure) -> None:
        """Whether the step is for such an exposure, told from metadata and shapes alone.

        The runner asks before it looks for a reference, and again before `process`.

        Raises
        ------
        SkipStep
            If it is not, with the reason.
        """

    def uses(self, exposure: Exposure) -> tuple[str, ...]:
        """The types of reference that the step, with its parameters, will use for this exposure.

        They are found and checked before the first step of a run. By default all of ``reference_file_types``.
        """
        return self.reference_file_types

    def inner_steps(self, exposure: Exposure) -> tuple["Step", ...]:
        """The steps that will run inside this one, for its own use: their references are found with its own."""
        return ()

    def works_by_integration(self, exposure: Exposure) -> bool:
        """Whether, with its parameters, the step can work on some integrations of this exposure at a time.

        By default what the class declares in ``by_integration``.
        """
        return self.by_integration

    @property
    def saves(self) -> bool:
        """Whether the step is to save its result."""
        left_out = self.skip and self.parent is not None
        return not left_out and bool(self.save_results or self.output_file)

    def run(self, source):
        """Run the step with the parameters it has.

        Parameters
        ----------
        source : path, model, Exposure, or a list or association of them
            The input; an open model is not modified.

        Returns
        -------
        model, NamedTuple of models, or a list of these
            Complete stdatamodels models.
        """
        return runner.run(self, source)

    @classmethod
    def call(cls, source, config_file=None, disable_crds_steppars=None, **parameters):
        """Configure a new step for this input, and run it.

        Parameters are taken from the defaults, then the parameter reference of CRDS, then the
        configuration file, then the keyword arguments.

        Parameters
        ----------
        source : path, model, or a list or association of them
            The input; an open model is not modified.
        config_file : path, optional
            A ``.cfg`` or parameter ``.asdf`` file.
        disable_crds_steppars : bool, optional
            Do without the parameter reference; by default as ``STPIPE_DISABLE_CRDS_STEPPARS`` says.
        **parameters
            Values of parameters; ``steps={"jump": {...}}`` for those of a pipeline's steps.

        Returns
        -------
        model, NamedTuple of models, or a list of these
            Complete stdatamodels models.
        """
        step, opened = configure.configured(cls, source, config_file, disable_crds_steppars, parameters)
        return step.run(opened)

    @classmethod
    def from_config_file(cls, config_file, parent=None, name: str | None = None) -> "Step":
        """A step with the parameters of a configuration file, of the class that the file names."""
        return configure.from_config_file(config_file, parent, name)

    def get_pars(self, full_spec: bool = True) -> dict:
        """The values of all parameters; without ``full_spec``, of those that the step itself declares."""
        return configure.parameters_of(self, full_spec)

    def export_config(self, path, include_metadata: bool = False) -> None:
        """Write the parameters to a ``.cfg`` or ``.asdf`` file, to be used with `from_config_file`."""
        configure.export(self, path, include_metadata)

    def override(self, kind: str):
        """The override of a reference type: a path, ``N/A``, an open model, or None."""
        given = self.__dict__.get(f"override_{kind}")
        if isinstance(given, str | Path) and str(given).strip() not in ("N/A", ""):
            return str(expand(given))
        return given

    def search(self, name: str):
        """A parameter of the step or, where it has none, of the pipeline it is part of."""
        value = getattr(self, name, None)
        if value is None and self.parent is not None:
            return self.parent.search(name)
        return value

    def product_suffix(self, exposure: Exposure) -> str:
        """The last part of the name of the step's product: its ``suffix``, or its name."""
        return self.suffix or self.name.lower()

    def output_path(
        self,
        exposure: Exposure,
        suffix: str | None = None,
        ext: str | None = None,
        index: int | None = None,
        output_file=None,
    ) -> Path:
        """Where a product of this step goes.

        Parameters
        ----------
        exposure : Exposure
            The product, which knows the input it came from.
        suffix : str, optional
            By default `product_suffix`.
        ext : str, optional
            By default ``output_ext``.
        index : int, optional
            Number of the product when there are several.
        output_file : str, optional
            A name to use in place of the step's ``output_file``.

        Returns
        -------
        Path
            The path; its directory may not exist yet.
        """
        output_file = output_file or (
            self.search("output_file") if self.search_output_file else self.output_file
        )
        source = (self.output_use_model and exposure.meta.filename) or exposure.source
        directory = self.search("output_dir")
        return product_path(
            source,
            suffix or self.product_suffix(exposure),
            output_dir=None if directory is None else expand(directory),
            output_file=output_file,
            ext=ext or self.output_ext,
            index=index if self.output_use_index else None,
        )

    def save(
        self, exposure: Exposure, suffix: str | None = None, index: int | None = None, output_file=None
    ) -> Path:
        """Write a product, whole or not at all; its ``meta.filename`` becomes the name of the file.

        See `output_path` for the parameters.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        path = self.output_path(exposure, suffix, index=index, output_file=output_file)
        exposure.meta.filename = path.name
        return write_model(exposure.snapshot(), path, may_change=bool(exposure.arrays))
