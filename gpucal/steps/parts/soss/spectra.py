"""The spectra of an exposure of NIRISS SOSS."""

import logging

from gpucal.core import GpucalError
from gpucal.data.spectra import Spectra
from gpucal.steps.parts.soss.exposures import NARROW, REFERENCE_TYPES, WHOLE, subarray_of
from gpucal.steps.parts.soss.extraction import Extraction, extract_orders
from gpucal.steps.parts.soss.modelling import separation_of
from gpucal.steps.parts.soss.orders import orders_of
from gpucal.steps.parts.soss.prepared import prepared
from gpucal.steps.parts.soss.products import save_grid, solved_spectra, tables_of, tell_settings, trace_models
from gpucal.steps.parts.soss.settings import Settings, estimate_of, wave_grid_of

log = logging.getLogger(__name__)


def spectra_of_soss(step, exposure, references) -> Spectra:
    """The spectra of all orders, a row an integration.

    Parameters
    ----------
    step : Extract1dStep
    exposure : Exposure
    references : mapping of str to Reference or None

    Returns
    -------
    Spectra
        Of type ``TSOMultiSpecModel``; its header tells how they came about.

    Raises
    ------
    GpucalError
        If references are missing or for something else, or no pixel is good.
    """
    for kind in REFERENCE_TYPES:
        if references[kind] is None:
            raise GpucalError(
                f"{exposure.source}: there is no {kind} reference, without which SOSS is not extracted; "
                f"name a file with override_{kind}"
            )
    settings, is_narrow = settings_of(step), subarray_of(exposure) == NARROW
    of = prepared(exposure, rows_of(exposure, references["pastasoss"]))
    wanted = (1, 2, 3) if settings.order_3 and not is_narrow else (1, 2)
    orders = orders_of(exposure, references, of.shape, wanted, step.soss_turn_profile)
    found = extract_orders(of, orders, settings, separation_of(references["pastasoss"]), is_narrow)
    save_models(step, exposure, found)
    product = step.product_of(exposure, tables_of(found))
    tell_settings(product, settings, found, step.soss_bad_pix)
    return product


def settings_of(step) -> Settings:
    """What the parameters of the step ask for."""
    return Settings(
        models=step.soss_atoca or step.soss_bad_pix == "model",
        decontaminates=step.soss_atoca,
        fills=step.soss_bad_pix == "model",
        order_3=step.soss_order_3,
        subtracts_background=bool(step.subtract_background),
        width=step.soss_width,
        threshold=step.soss_threshold,
        parts=step.soss_n_os,
        tolerance=step.soss_rtol,
        most=step.soss_max_grid_size,
        factor=step.soss_tikfac,
        grid=None if step.soss_wave_grid_in is None else wave_grid_of(step.soss_wave_grid_in),
        estimate=None if step.soss_estimate is None else estimate_of(step.soss_estimate),
    )


def rows_of(exposure, reference) -> slice:
    """The rows of an exposure that have the spectra: in a full frame those of SUBSTRIP256."""
    if subarray_of(exposure) != WHOLE:
        return slice(None)
    begin, end = int(reference.meta.subarray_ymin), int(reference.meta.soss_xdim)
    if exposure.shape_of("data")[-2] < end:
        raise GpucalError(
            f"{exposure.source}: a full frame has {end} rows, not {exposure.shape_of('data')[-2]}"
        )
    return slice(begin, end)


def save_models(step, exposure, found: Extraction) -> None:
    """Save what was solved for, if that is asked for."""
    if step.soss_modelname:
        step.save(trace_models(exposure, found), "SossExtractModel", output_file=step.soss_modelname)
        step.save(solved_spectra(exposure, found), "AtocaSpectra", output_file=step.soss_modelname)
    if step.soss_wave_grid_out and found.joint is not None:
        save_grid(found.joint.grid, step.soss_wave_grid_out, step.search("output_dir"))
