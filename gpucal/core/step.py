"""The base of all steps: a recipe in `process`, the rest in the runner."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from gpucal.core.config import configure
from gpucal.core.config.config_file import log_configuration_of
from gpucal.core.config.words import CommandLineError, split_words
from gpucal.core.log.calls import log_of_call
from gpucal.core.run import runner
from gpucal.core.saving import Saving
from gpucal.data import Exposure


class Step(Saving):
    """One correction.

    A subclass declares what it is and has a `process` that reads as the recipe of the correction. What
    all steps do (finding references, skipping, timing, hooks, keywords, saving) is done once, for all of
    them, by `gpucal.core.run.runner`. What it does with parameters stands in `gpucal.core.configurable`,
    and how it saves its products in `gpucal.core.saving`.

    Attributes
    ----------
    status_name : str, optional
        Where ``meta.cal_step`` tells what became of the step, if not under its alias.
    optional_references : tuple of str
        Those of its references that it can do without: where CRDS has none, they count as ``N/A``. If another is
        ``N/A``, the step is skipped; if CRDS has none, the run ends before its first step.
    input_types : tuple of str
        The types of data model that it takes; empty for all.
    own_parameters : tuple of str
        Those that jwst does not have. Files of parameters hold them only where they differ from their defaults, so that
        jwst can read the others.
    by_integration : bool
        Whether the step works on each integration by itself, so that it can be given some of them at a time. It then
        edits them in place, writes no metadata that depend on them, and asks for nothing but their numbers. See
        `works_by_integration`.
    over_members : bool
        Whether the step works on all exposures of a product at once: `process` is then given
        `gpucal.data.Members`, and by itself it takes a list of exposures for one product.
    stage : int or None
        The stage that it is the whole of: it takes associations for no other.
    uses_other_members : bool
        Whether it uses members of a product that are not science, such as backgrounds.
    returns_list : bool
        Whether `run` and `call` give a list even of one result, as that of jwst does.
    names_association : bool
        Whether the names of its products tell the identifier of the association.
    goes_on_without_bad_members : bool
        Whether members that cannot be opened are left out, with an error in the log, while there are others.
    ends_on_failure : bool
        Whether a product that cannot be made ends the run with an error; else it is told in the log alone.
    required_keywords : dict of str to str
        FITS keywords without which nothing can be done, and their places in the metadata tree.
    timing_keywords : tuple of str
        FITS keywords of timing that the step uses: names in `gpucal.data.timing.TIMING`. One out of range is refused.

    Examples
    --------
    >>> from gpucal.steps import SaturationStep
    >>> ramp = SaturationStep.call("exposure_uncal.fits", n_pix_grow_sat=2)
    >>> ramp.meta.cal_step.saturation
    'COMPLETE'

    The same with an instance, which keeps its parameters for the next exposure:

    >>> step = SaturationStep()
    >>> step.n_pix_grow_sat = 2
    >>> bool((step.run("exposure_uncal.fits").groupdq == ramp.groupdq).all())
    True
    """

    status_name: ClassVar[str | None] = None
    optional_references: ClassVar[tuple[str, ...]] = ()
    input_types: ClassVar[tuple[str, ...]] = ()
    own_parameters: ClassVar[tuple[str, ...]] = ()
    by_integration: ClassVar[bool] = False
    over_members: ClassVar[bool] = False
    stage: ClassVar[int | None] = None
    uses_other_members: ClassVar[bool] = False
    returns_list: ClassVar[bool] = False
    names_association: ClassVar[bool] = False
    goes_on_without_bad_members: ClassVar[bool] = False
    ends_on_failure: ClassVar[bool] = True
    required_keywords: ClassVar[dict[str, str]] = {}
    timing_keywords: ClassVar[tuple[str, ...]] = ()

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
        Exposure, TableProduct, NamedTuple of Exposure, or None
            The result; None where there is nothing to be made.

        Raises
        ------
        SkipStep
            If it turns out that the step does not apply, before pixels are edited.
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

    def steps_for(self, exposure: Exposure) -> Iterator["Step"]:
        """What runs on this exposure, in order: the step itself, or those steps of a pipeline that are not skipped."""
        yield self

    @property
    def log(self) -> logging.Logger:
        """Where a step of the user may log: its lines go where those of gpucal go, into the product, too."""
        return logging.getLogger(f"gpucal.{type(self).__name__}")

    def run(self, source) -> Any:
        """Run the step with the parameters it has; `call` also takes those of CRDS, and shows how it goes.

        Parameters
        ----------
        source : path, model, Exposure, or a list or association of them
            The input; an open model is not modified.

        Returns
        -------
        model, NamedTuple of models, or a list of these
            Complete stdatamodels models: a list for several exposures, and a named tuple for a step with two
            results (``RampFitStep``: ``rate`` and ``rateints``).

        Raises
        ------
        GpucalError
            If the input, a reference or a parameter will not do; the message says what to do.
        """
        return runner.run(self, source)

    def __call__(self, source) -> Any:
        """The same as `run`."""
        return self.run(source)

    def make_products(self, source) -> None:
        """Run the step for what it saves alone: as `run`, but no model is handed back, and fewer are held."""
        runner.run(self, source, keep=False)

    @classmethod
    def call(
        cls,
        source,
        config_file: str | Path | None = None,
        disable_crds_steppars: bool | None = None,
        *,
        logcfg: str | Path | None = None,
        configure_log: bool = True,
        **parameters: Any,
    ) -> Any:
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
        logcfg : path, optional
            A log configuration file; by default the one that ``config_file`` names.
        configure_log : bool
            Where there is no such file: whether the call shows how it goes if nobody has set up a log, with log
            lines on standard error or, in a notebook, with a table. Nothing of it is left after the call.
        **parameters
            Values of parameters; ``steps={"jump": {...}}`` for those of a pipeline's steps.

        Returns
        -------
        model, NamedTuple of models, or a list of these
            As of `run`.

        Raises
        ------
        GpucalError
            If the input, a reference or a parameter will not do; the message says what to do.

        Examples
        --------
        >>> from gpucal.pipelines import Detector1Pipeline
        >>> rate = Detector1Pipeline.call("exposure_uncal.fits", steps={"jump": {"rejection_threshold": 5}})
        >>> rate.meta.bunit_data
        'DN/s'
        """
        with log_of_call(logcfg or log_configuration_of(config_file), configure_log):
            step, opened = configure.configured(cls, source, config_file, disable_crds_steppars, parameters)
            return step.run(opened)

    @staticmethod
    def from_cmdline(args: Sequence[str]) -> "Step":
        """Do what ``gpucal strun`` does with these words: configure a step, run it, and save its products.

        Parameters
        ----------
        args : sequence of str
            What to run, the input, and parameters. Options of the command itself, such as those on the log, are not
            among them.

        Returns
        -------
        Step
            The step that was run; without an input it is configured only.

        Raises
        ------
        GpucalError
            If the words, the input or a reference will not do; the message says what to do.

        Examples
        --------
        >>> from gpucal.core import Step
        >>> step = Step.from_cmdline(["saturation", "exposure_uncal.fits", "--n_pix_grow_sat=2"])
        >>> step.n_pix_grow_sat
        2
        """
        words = split_words(args)
        if words.what is None:
            raise CommandLineError("say what to run, such as: calwebb_detector1 exposure_uncal.fits")
        config, _ = configure.find_step(words.what)
        with log_of_call(config and config.logcfg):
            step, inputs = configure.configured_by_words(words)
            if inputs:
                step.save_results = True
                step.make_products(inputs)
        return step

    def get_reference_file(self, source, reference_file_type: str) -> Any:
        """The reference that the step would use for an input.

        Parameters
        ----------
        source : path or model
            The input.
        reference_file_type : str
            Such as ``dark``.

        Returns
        -------
        str or model
            The override, if there is one; else the path of the file that CRDS chooses, in the local cache, or
            ``N/A``.

        Raises
        ------
        ReferenceFileError
            If CRDS cannot be asked, or has no answer.

        Examples
        --------
        >>> from gpucal.steps import DarkCurrentStep
        >>> DarkCurrentStep(override_dark="N/A").get_reference_file("exposure_uncal.fits", "dark")
        'N/A'
        >>> path = DarkCurrentStep().get_reference_file("exposure_uncal.fits", "dark")
        >>> path.endswith(".fits")
        True
        """
        return configure.reference_file(self, source, reference_file_type)
