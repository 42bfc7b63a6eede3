"""A batch: one step or pipeline on many exposures."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from gpucal.data.workplace import sweep_workplaces
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.inputs import find_inputs
from gpucal.scheduling.journal import Journal, done_before
from gpucal.scheduling.order import Job, in_order, job_of
from gpucal.scheduling.outcome import Outcome
from gpucal.scheduling.overlap import run_overlapped
from gpucal.scheduling.recipe import Recipe, make_recipe


class Batch:
    """Exposures and what is done to them. Iterate over it to run it: outcomes come as they are ready.

    Parameters
    ----------
    recipe : Recipe
        What is done to each exposure.
    inputs : list of Path
        The exposures.
    jobs : int
        Worker processes; with 1, all is done in this process.
    scheduler : str or `distributed.Client`, optional
        A Dask cluster to send the exposures to.
    retries : int
        How often an exposure is tried again whose worker died.
    resume : bool
        Leave out what the journal in the output directory shows as done.

    Raises
    ------
    BatchError
        If two exposures would write the same product, or the settings make no sense.
    """

    def __init__(
        self,
        recipe: Recipe,
        inputs: list[Path],
        jobs: int = 1,
        scheduler=None,
        retries: int = 1,
        resume: bool = False,
    ):
        if jobs < 1 or retries < 0:
            raise BatchError(f"a batch needs at least 1 job and 0 retries, not {jobs} and {retries}")
        if scheduler is not None and jobs > 1:
            raise BatchError("a batch runs either in jobs of this machine or on a scheduler's workers, not both")
        self.recipe = recipe
        self._workers, self._scheduler, self._retries = jobs, scheduler, retries
        found = in_order(map(job_of, inputs))
        recipe.check_names(found)
        self._digest = recipe.digest()
        kept = done_before(recipe.output_dir, self._digest, found) if resume else {}
        self._kept = [Outcome(path, products, "kept") for path, products in kept.items()]
        self._jobs = [job for job in found if job.input not in kept]

    def __len__(self) -> int:
        """The number of exposures."""
        return len(self._kept) + len(self._jobs)

    def __iter__(self) -> Iterator[Outcome]:
        """Run, and yield the outcome of each exposure: first those that are kept, then the others as they come.

        Raises
        ------
        BatchError
            If another batch writes into the output directory, or all workers are lost.
        KeyboardInterrupt
            After the outcomes of what was finished.
        """
        yield from self._kept
        if not self._jobs:
            return
        with Journal(self.recipe.output_dir, self._digest) as journal:
            sweep_workplaces(self.recipe.output_dir)
            try:
                for job, outcome in self._run():
                    journal.append(job, outcome)
                    yield outcome
            finally:
                sweep_workplaces(self.recipe.output_dir)  # those of workers that have died

    def _run(self) -> Iterator[tuple[Job, Outcome]]:
        if self._scheduler is not None:
            from gpucal.scheduling.dask_cluster import run_on_cluster

            return run_on_cluster(self.recipe, self._jobs, self._scheduler, self._retries)
        if self._workers > 1:
            from gpucal.scheduling.workers import run_in_processes

            return run_in_processes(self.recipe, self._jobs, self._workers, self._retries)
        return run_overlapped(self.recipe, self._jobs)


def batch(
    what: str | type,
    inputs: str | Path | Iterable[str | Path],
    *,
    jobs: int = 1,
    scheduler=None,
    retries: int = 1,
    resume: bool = False,
    backend: str | None = None,
    config_file: str | Path | None = None,
    disable_crds_steppars: bool | None = None,
    **parameters,
) -> Batch:
    """Run a step or pipeline on many exposures.

    Parameters
    ----------
    what : str or type
        An alias (``calwebb_detector1``), a Step class or its name, or a configuration file.
    inputs : path or iterable of path
        Files, patterns, directories, associations, lists of these: see `gpucal.scheduling.inputs.find_inputs`.
    jobs : int
        Worker processes; with 1, all is done in this process.
    scheduler : str or `distributed.Client`, optional
        A Dask cluster to send the exposures to, or its address.
    retries : int
        How often an exposure is tried again whose worker died.
    resume : bool
        Leave out what the journal in the output directory shows as done.
    backend : str, optional
        ``auto``, ``cpu`` or ``cuda``; by default as ``GPUCAL_BACKEND`` says.
    config_file : path, optional
        A configuration file for a step that ``what`` names by class or alias.
    disable_crds_steppars : bool, optional
        Do without parameter references.
    **parameters
        Of the step, as `Step.call` takes them: ``output_dir="rate"``, ``steps={"jump": {"skip": True}}``.

    Returns
    -------
    Batch
        Iterable, with a length. Nothing runs before it is iterated over.

    Raises
    ------
    GpucalError
        If a parameter or an input makes no sense, or two exposures would write the same product. A file that
        cannot be calibrated is no error here, but an outcome.

    Examples
    --------
    >>> for outcome in gpucal.batch("calwebb_detector1", "raw/*_uncal.fits", output_dir="rate"):
    ...     print(outcome.input.name, outcome.status, outcome.error)
    exposure_uncal.fits done None
    """
    recipe = make_recipe(what, parameters, config_file, disable_crds_steppars, backend)
    named = [inputs] if isinstance(inputs, str | Path) else inputs
    found = find_inputs(named, recipe.parameters.get("input_dir"), recipe.takes_associations)
    return Batch(recipe, found, jobs, scheduler, retries, resume)
