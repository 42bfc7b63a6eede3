"""The base of all pipelines: a table of steps in order."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from gpucal.core.config.parameters import validate
from gpucal.core.run.execution import Placed, execute, execute_in_order
from gpucal.core.run.results import is_new
from gpucal.core.step import Step
from gpucal.data import Exposure, Members
from gpucal.errors import OutOfMemory


class Pipeline(Step):
    """Steps in order.

    Attributes
    ----------
    step_defs : dict of str to type
        All steps that the pipeline may run, under their names: the steps of an instance are its
        attributes (``pipeline.jump.skip = True``).
    product_steps : tuple of str
        The names of those whose results are products of the pipeline beside the one that it ends with: saved with it.
    steps_save_all : bool
        Whether these are all of its products.

    Examples
    --------
    >>> from gpucal.pipelines import Detector1Pipeline
    >>> pipeline = Detector1Pipeline(steps={"jump": {"rejection_threshold": 5}})
    >>> pipeline.jump.rejection_threshold
    5.0
    >>> pipeline.steps["jump"]["rejection_threshold"]
    5.0
    >>> pipeline.steps = {"persistence": {"skip": True}}
    >>> pipeline.persistence.skip
    True
    """

    is_pipeline: ClassVar[bool] = True
    product_steps: ClassVar[tuple[str, ...]] = ()
    steps_save_all: ClassVar[bool] = False

    def __init__(
        self,
        name: str | None = None,
        parent=None,
        config_file: str | Path | None = None,
        steps: Mapping[str, Mapping[str, Any]] | None = None,
        **parameters: Any,
    ):
        given = validate(type(self), {**parameters, "steps": steps or {}}, source=f"{type(self).__name__}()")
        steps = given.pop("steps", {})
        super().__init__(name, parent, config_file, **given)
        for key, step_class in self.step_defs.items():
            self.__dict__[key] = step_class(key, self, config_file, **steps.get(key, {}))

    def __setattr__(self, name: str, value) -> None:
        """Set a parameter or, with ``steps``, those of steps; an unknown name or a bad value is refused."""
        if name != "steps":
            super().__setattr__(name, value)
            return
        given = validate(type(self), {"steps": value}, source=f"{self.name}.steps")
        for key, parameters in given["steps"].items():
            getattr(self, key).__dict__.update(parameters)

    @property
    def steps(self) -> Mapping[str, Mapping[str, Any]]:
        """The values of the steps' parameters, by step and name, to look at: ``pipeline.steps["jump"]["skip"]``."""
        values = self.get_pars()["steps"]
        return MappingProxyType({key: MappingProxyType(parameters) for key, parameters in values.items()})

    def override(self, kind: str) -> Any:
        """The first override of a reference type that a step has which is not skipped."""
        steps = (getattr(self, key) for key in self.step_defs)
        given = (step.override(kind) for step in steps if not step.skip)
        return next((one for one in given if one is not None), None)

    @property
    def reference_file_types(self) -> tuple[str, ...]:
        """A pipeline has no references of its own; its steps have."""
        return ()

    def order(self, exposure: Exposure) -> tuple[str, ...]:
        """The names of the steps for this exposure, in order."""
        return tuple(self.step_defs)

    def steps_for(self, exposure: Exposure) -> Iterator[Step]:
        """The steps for this exposure that are not skipped, in order."""
        return (step for step in (getattr(self, key) for key in self.order(exposure)) if not step.skip)

    def process(self, exposure: Exposure, references) -> Exposure:
        """Run all steps in order; ``references`` are those of the whole run."""
        return self.run_steps(self.order(exposure), exposure, references)

    def run_steps(self, keys: Iterable[str], exposure: Exposure, references):
        """Run steps on an exposure that stays on the backend, or goes there in blocks of integrations."""
        order = self.order(exposure)
        places = {key: place for place, key in enumerate(order, start=1)}
        steps = [Placed(getattr(self, key), places.get(key, len(order)), len(order)) for key in keys]
        return execute_in_order(steps, exposure, references)

    def run_step(self, key: str, exposure: Exposure, references):
        """Run one step."""
        return self.run_steps((key,), exposure, references)

    def run_beside(
        self, key: str, exposure: Exposure | Members, references, saves: bool = True
    ) -> Exposure | Members | None:
        """Run one step for a product beside the main one; the exposure stays, and None means that nothing new is made.

        Parameters
        ----------
        key : str
            The name of the step.
        exposure : Exposure or Members
        references : RunReferences
        saves : bool
            Whether the product is saved, where products are; False if a later step edits it first.
        """
        order = self.order(exposure)
        placed = Placed(getattr(self, key), order.index(key) + 1, len(order))
        result = execute(placed, exposure, references, beside=True, saves=saves)
        return result if is_new(result, exposure) else None

    @contextmanager
    def kept_on_failure(self, exposure: Exposure) -> Iterator[None]:
        """Save the main product, where it is to be saved, if what is made of it in a ``with`` block fails."""
        try:
            yield
        except OutOfMemory:  # all is done once more, where there is more room
            raise
        except Exception:
            if self.saves:
                self.save(exposure)
            raise
