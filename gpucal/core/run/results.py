"""What a step hands back: exposures, their keywords, and how they reach the user."""

from gpucal import __version__
from gpucal.data import Exposure, Members
from gpucal.data.writing import check_format, check_place
from gpucal.names.products import SUFFIXES
from gpucal.reference import context_in_use, crds_version


def products_of(result) -> list[Exposure]:
    """The exposures in a result: one, all members, or those of a named tuple that are not None."""
    if isinstance(result, Exposure):
        return [result]
    return [] if result is None else [product for product in result if product is not None]


def is_new(result, given: Exposure | Members) -> bool:
    """Whether a result is made of other exposures than those that were given."""
    return {id(one.model) for one in products_of(result)}.isdisjoint(id(one.model) for one in products_of(given))


def set_status(exposure: Exposure, step, status: str | None) -> None:
    """Write what became of a step into the header, where there is a place for it; None for nothing."""
    name = step.status_name or step.class_alias
    if name is not None and hasattr(exposure.meta.cal_step, name):
        setattr(exposure.meta.cal_step, name, status)


def record(exposure: Exposure, used: dict[str, str]) -> None:
    """Write into a product's header what it was made with: versions, CRDS context, references."""
    meta = exposure.meta
    meta.calibration_software_version = __version__
    meta.calibration_software_revision = "RELEASE"
    if not used:
        return
    for kind, label in used.items():
        if hasattr(meta.ref_file, kind):
            getattr(meta.ref_file, kind).name = label
    meta.ref_file.crds.sw_version = crds_version()
    meta.ref_file.crds.context_used = context_in_use()


def check_saving(step, exposure: Exposure | Members) -> None:
    """See, before the work begins, that products of a step and of the steps inside it can be written.

    Names are checked with the longest suffix, since a step may have more products than one.

    Raises
    ------
    OutputError
        If they cannot.
    """
    longest = max(SUFFIXES, key=len)
    for one in dict.fromkeys((step, *step.steps_for(exposure))):
        for path in {one.output_path(product, longest) for product in products_of(exposure)}:
            check_format(path, one.formats)
            if one.saves or one.search("output_dir"):
                check_place(path)


def save_results(step, result) -> None:
    """Save the products of a step, if it is asked to; not those of a pipeline whose steps have saved all.

    Pixels of members that can be read again are given to who writes them, and read again where a later step uses them.
    """
    if not step.saves or (step.is_pipeline and step.steps_save_all):
        return
    if isinstance(result, Members) and result.joined is not None:
        step.save(result.joined(result))
        return
    if isinstance(result, Members):
        are_alike = len({step.output_path(exposure) for exposure in result}) < len(result)
        for place in range(len(result)):
            with result.lease(place, keep=False) as exposure:
                step.save(exposure, index=place if are_alike else None, gives=exposure.can_be_dropped)
        return
    products = products_of(result)
    for index, product in enumerate(products):
        step.save(product, index=index if len(products) > 1 else None)


def as_models(result):
    """The result as complete models on the host."""
    if result is None:
        return None
    if isinstance(result, Exposure):
        return result.to_model()
    if isinstance(result, Members):
        return [_complete(result, place) for place in range(len(result))]
    return type(result)(*(product and product.to_model() for product in result))


def _complete(members: Members, place: int):
    with members.lease(place) as exposure:
        return exposure.to_model()
