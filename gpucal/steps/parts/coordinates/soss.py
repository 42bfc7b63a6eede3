"""World coordinates of single object slitless spectra of NIRISS, and the keywords that tell of them."""

from gpucal.errors import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.reference.trees import tree_of
from gpucal.wcs.modes.soss import ORDERS, soss_wcs


def give_soss(exposure, references, step) -> None:
    """Give an exposure its coordinates, and keywords.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    references : StepReferences
        Its ``specwcs`` is used.
    step : Step
        Has no parameters for such exposures.

    Raises
    ------
    GpucalError
        If the header does not say where the target is, or there is no reference.
    ReferenceFileError
        If the reference lacks an order.
    """
    meta, specwcs = exposure.meta, references["specwcs"]
    references["wavelengthrange"]  # named in the header alone
    if specwcs is None:
        raise GpucalError(f"{exposure.source}: there is no specwcs reference for it: name one with override_specwcs")
    if meta.target.ra is None or meta.target.dec is None:
        raise GpucalError(
            f"{exposure.source}: TARG_RA or TARG_DEC is missing, of which the coordinates are made"
        )
    tree = tree_of(specwcs)
    missing = [order for order in ORDERS if order not in tree]
    if missing:
        raise ReferenceFileError(f"{specwcs.label} has no wavelengths of order {missing[0]}")
    exposure.set_wcs(soss_wcs(meta, tree).to_tree())
    meta.wcsinfo.specsys, meta.wcsinfo.dispersion_direction = "BARYCENT", 1
