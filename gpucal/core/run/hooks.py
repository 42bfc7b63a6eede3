"""Functions of the user that run before and after a step."""

import importlib
import logging
from collections.abc import Callable

from gpucal.data import Exposure, Members
from gpucal.data.reading import check_arrays
from gpucal.errors import GpucalError
from gpucal.startup.asdf_start import objects_in

log = logging.getLogger(__name__)


def resolve_hook(hook) -> Callable:
    """What to call for one entry of ``pre_hooks`` or ``post_hooks``.

    Parameters
    ----------
    hook : callable, class or str
        A function of a model; a class with a ``run`` method (a step, for one), which is instantiated; or
        the import path of either.

    Returns
    -------
    callable
        Takes a model, and returns a model or None.

    Raises
    ------
    GpucalError
        If an import path leads nowhere, or to nothing that can be called.
    """
    if isinstance(hook, str):
        hook = _import(hook)
    if isinstance(hook, type):
        hook = hook()
    run = getattr(hook, "run", hook)
    if not callable(run):
        raise GpucalError(f"hook {hook!r} is neither a function nor a class with a run method")
    return run


def _import(path: str):
    module, _, name = path.strip("'\"").rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise GpucalError(f"hook {path!r} cannot be imported ({error})") from error


def run_hooks(hooks: list, result):
    """Hand the result to each hook as complete models; a hook may return others in their place."""
    for hook in hooks if result is not None else ():
        call = resolve_hook(hook)
        if isinstance(result, Members):
            models = [_of_member(result, place) for place in range(len(result))]
            returned = call(models) or models
            exposures = [_after_hook(model, old) for model, old in zip(returned, result, strict=True)]
            result = Members(exposures, result.membership, result.nbytes)
        elif isinstance(result, Exposure):
            result = _after_hook(call(_for_users(result)), result)
        else:
            models = type(result)(*(product and _for_users(product) for product in result))
            returned = call(models) or models
            result = type(result)(
                *(_after_hook(model, old) for model, old in zip(returned, result, strict=True))
            )
    return result


def _for_users(exposure: Exposure):
    model = exposure.to_model()
    objects_in(exposure.model)
    return model


def _of_member(members: Members, place: int):
    with members.lease(place) as exposure:
        return _for_users(exposure)


def _after_hook(model, before: Exposure | None) -> Exposure | None:
    if before is None:
        return None
    after = before.with_model(model)
    check_arrays(after)
    return after
