"""What a user may hand over: one exposure, or many, by themselves or as the members of products."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from gpucal.associations import Association, AssociationError, Product, read_association
from gpucal.data import Exposure, InputError, Members, open_exposure
from gpucal.data.members import tell_membership
from gpucal.data.membership import Membership
from gpucal.data.reading import expand
from gpucal.data.timing import timing_fault, value_at
from gpucal.errors import OutOfMemory
from gpucal.startup.lazy import datamodels

log = logging.getLogger(__name__)


class Input:
    """What one run works on, opened when it is first asked for.

    Parameters
    ----------
    opened : list of Exposure or Members, optional
        What is open already.
    product : Product, optional
        What is to be opened: a bad one does not stop the others.
    step : Step, optional
        What is to run: whether it works on all exposures of the product at once, and goes on without bad ones.
    """

    def __init__(self, opened=None, product: Product | None = None, step=None):
        self._opened = opened
        self.product = product
        self._step = step

    def open(self) -> list[Exposure | Members]:
        """The exposures, each by itself, or all as members.

        Raises
        ------
        InputError
            If the product or one of its members cannot be used.
        """
        if self._opened is None:
            self._opened = _open_product(self.product, self._step)
        return self._opened

    def close(self) -> None:
        """Let go of the exposures of a product."""
        if self.product is not None:
            self._opened = None


def inputs_of(source, step=None, input_dir: str | None = None) -> list[Input]:
    """What a user names, an entry for each run.

    Parameters
    ----------
    source : path, model, Exposure, Members, association (or its file), or a sequence of these
        Paths in an association are relative to its own directory. A sequence may be a list, a model container, or a
        model library.
    step : Step, optional
        What is to run, or its class. If it works on members, the exposures of a sequence are one product without a
        name; without it, each exposure is by itself.
    input_dir : str, optional
        Where a relative path starts that is not found from the working directory.

    Returns
    -------
    list of Input
        At least one.

    Raises
    ------
    InputError
        If an exposure cannot be opened, or an association cannot be read or is for another stage.
    """
    over_members = step is not None and step.over_members
    exposures, others = [], []
    for one in _each(source):
        if isinstance(one, Input):
            others.append(one)
        elif isinstance(one, Members):
            others.append(Input([one]))
        elif isinstance(one, Product):
            others.append(Input(product=one, step=step))
        elif isinstance(one, Exposure | datamodels.JwstDataModel):
            exposures.append(opened(one))
        elif (path := _located(one, input_dir)).suffix.lower() == ".json":
            association = read_association(path)
            _check_stage(association, step)
            others += inputs_of(association, step)
        else:
            exposures.append(opened(path))
    if over_members and exposures:
        for exposure in exposures:
            tell_membership(exposure, "SCIENCE")
        return [Input([Members(exposures)]), *others]
    return [*(Input([exposure]) for exposure in exposures), *others]


def _check_stage(association: Association, step) -> None:
    """Raise if an association is for another stage than the step."""
    wanted = getattr(step, "stage", None)
    if None not in (wanted, association.stage) and association.stage != wanted:
        raise AssociationError(
            f"{association.path}: is an association for stage {association.stage}, and {step.class_alias} is "
            f"stage {wanted}"
        )


def _each(source) -> Iterator:
    """The entries of a source: of sequences, and of sequences in these; of libraries; the products of associations."""
    if isinstance(source, Association):
        yield from source.products
    elif hasattr(source, "borrow") and hasattr(source, "shelve"):
        yield from _models_of_library(source)
    elif isinstance(source, Sequence) and not isinstance(source, str | Members):
        for one in source:
            yield from _each(one)
    else:
        yield source


def _models_of_library(library) -> Iterator:
    """The models of a library such as jwst's ``ModelLibrary``; each is given back when the next one is asked for."""
    with library:
        for place in range(len(library)):
            model = library.borrow(place)
            yield model
            library.shelve(model, place, modify=False)


def _located(path, input_dir: str | None) -> Path:
    path = expand(path)
    if input_dir and not path.is_absolute() and not path.exists():
        return expand(input_dir) / path
    return path


def _open_product(product: Product, step) -> list[Exposure | Members]:
    over_members = step is not None and step.over_members
    goes_on = over_members and step.goes_on_without_bad_members
    product.check(may_lack=goes_on)
    exposures, lost = _opened_all(product.science, goes_on)
    membership = _membership(product, is_alone=len(product.science) == 1)
    for exposure in exposures:
        exposure.membership = membership
        exposure.meta.asn.table_name, exposure.meta.asn.pool_name = membership.table, membership.pool
    if not over_members:
        return exposures
    for exposure in exposures:
        tell_membership(exposure, "science")  # lower-case where an association says it, as in jwst
    members = Members(exposures, membership)
    members.lost += lost
    return [members]


def _opened_all(paths: Sequence[Path], goes_on: bool) -> tuple[list[Exposure], list[str]]:
    """The exposures of files, and the names of those that could not be opened, if it may go on without these."""
    exposures, lost = [], []
    for path in paths:
        try:
            exposures.append(opened(path))
        except InputError as error:
            if not goes_on or (path == paths[-1] and not exposures):
                raise
            log.error("%s", error)
            lost.append(path.name)
    return exposures, lost


def _membership(product: Product, is_alone: bool) -> Membership:
    roles = dict.fromkeys(member.role for member in product.members if member.role != "science")
    others = {role: product.of_role(role) for role in roles}
    table = Path(product.source).name
    catalogs = {member.path.name: member.catalog for member in product.members if member.catalog is not None}
    return Membership(product.name, product.asn_id, others, table, product.asn_pool, is_alone, catalogs)


def exposures_of(source, input_dir: str | None = None) -> list[Exposure]:
    """All exposures that a user names, opened; of associations, the science members of all products.

    Raises
    ------
    InputError
        If one cannot be opened, or an association names none.
    """
    return [exposure for one in inputs_of(source, input_dir=input_dir) for exposure in one.open()]


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


def reopened(one: Exposure | Members) -> Exposure | Members:
    """The same input, opened once more."""
    if isinstance(one, Members):
        return Members([reopened(exposure) for exposure in one], one.membership)
    again = opened(one.origin)
    again.membership = one.membership
    return again


def check_input(step, one: Exposure | Members) -> None:
    """See that a step can take an exposure, or each of several.

    Raises
    ------
    InputError
        If it cannot, with the reason in one line.
    """
    for exposure in one if isinstance(one, Members) else [one]:
        _check_exposure(step, exposure)


def _check_exposure(step, exposure: Exposure) -> None:
    if step.input_types and exposure.model_type not in step.input_types:
        raise InputError(
            f"{exposure.source}: is of type {exposure.model_type}; {step.name} takes {' or '.join(step.input_types)}"
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
