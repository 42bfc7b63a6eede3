"""What a user may hand over: one exposure, or many."""

from collections.abc import Sequence
from pathlib import Path

from gpucal.associations import AssociationError, read_association
from gpucal.data import Exposure, InputError, open_exposure
from gpucal.data.reading import expand
from gpucal.data.timing import timing_fault, value_at
from gpucal.errors import OutOfMemory
from gpucal.startup.lazy import datamodels


def exposures_of(source, input_dir: str | None = None) -> list[Exposure]:
    """Open all exposures that a user names.

    Parameters
    ----------
    source : path, model, Exposure, association file, or a sequence of these
        Of an association, the members of type ``science`` in all its products; paths in it are relative
        to its own directory. A sequence may be a list or a model container.
    input_dir : str, optional
        Where a relative path starts that is not found from the working directory.

    Returns
    -------
    list of Exposure
        At least one.

    Raises
    ------
    InputError
        If one cannot be opened, or an association names none.
    """
    if isinstance(source, Exposure | datamodels.JwstDataModel):
        return [opened(source)]
    if isinstance(source, Sequence) and not isinstance(source, str):
        return [exposure for one in source for exposure in exposures_of(one, input_dir)]
    path = expand(source)
    if input_dir and not path.is_absolute() and not path.exists():
        path = expand(input_dir) / path
    if path.suffix.lower() == ".json":
        return [opened(member) for member in association_members(path)]
    return [opened(path)]


def opened(source) -> Exposure:
    """Open one exposure; see `gpucal.data.open_exposure`.

    Raises
    ------
    OutOfMemory
        If it cannot be read for lack of memory.
    """
    try:
        return open_exposure(source)
    except MemoryError as error:
        raise OutOfMemory(
            f"{source}: there is not enough memory to read it: end other programs, or use a machine with more"
        ) from error


def check_input(step, exposure: Exposure) -> None:
    """See that a step can take an exposure.

    Raises
    ------
    InputError
        If it cannot, with the reason in one line.
    """
    if step.input_types and exposure.model_type not in step.input_types:
        raise InputError(
            f"{exposure.source}: is a {exposure.model_type}; {step.name} takes {' or '.join(step.input_types)}"
        )
    missing = [
        f"a valid {keyword}" if f"meta.{path}" in exposure.refused else keyword
        for keyword, path in step.required_keywords.items()
        if value_at(exposure.meta, path) is None
    ]
    if missing:
        raise InputError(f"{exposure.source}: the header lacks {', '.join(missing)}, which {step.name} needs")
    if fault := timing_fault(exposure.meta, step.timing_keywords):
        raise InputError(f"{exposure.source}: {fault}, for {step.name}")


def association_members(path: Path) -> list[Path]:
    """The science members of an association file.

    Raises
    ------
    AssociationError
        If the file is missing, is no association, or names no science member.
    """
    members = [member for product in read_association(path).products for member in product.science]
    if not members:
        raise AssociationError(f"{path}: the association names no science exposure")
    return members
