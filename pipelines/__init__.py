"""All pipelines: ``from gpucal.pipelines import Detector1Pipeline``. One is imported when it is first asked for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpucal.core.pipeline import Pipeline


def __getattr__(name: str) -> "type[Pipeline]":
    from gpucal.core.config.registry import class_of_package

    return class_of_package(__name__, name)


def __dir__() -> list[str]:
    from gpucal.core.config.registry import names_in_package

    return names_in_package(__name__)
