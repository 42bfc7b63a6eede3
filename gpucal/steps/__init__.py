"""All steps: ``from gpucal.steps import JumpStep``. A step is imported when it is first asked for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpucal.core.step import Step


def __getattr__(name: str) -> "type[Step]":
    from gpucal.core.config.registry import class_of_package

    return class_of_package(__name__, name)


def __dir__() -> list[str]:
    from gpucal.core.config.registry import names_in_package

    return names_in_package(__name__)
