"""Products of the extraction of NIRISS SOSS: spectra and, where they are asked for, what was solved for."""

from pathlib import Path

import numpy as np

from gpucal.data import write_model
from gpucal.data.exposure import Exposure
from gpucal.data.spectra import Spectra
from gpucal.data.spectrum import Spectrum, layout_of
from gpucal.kernels.soss.coverage import coverage_of
from gpucal.kernels.soss.regularized import light_of
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model
from gpucal.steps.parts.extraction.spectrum_tables import BY_INTEGRATION
from gpucal.steps.parts.soss.extraction import Extraction
from gpucal.steps.parts.soss.modelling import light_map, place_of_trace
from gpucal.steps.parts.soss.settings import Settings

UNITS = {"WAVELENGTH": "um", "FLUX": "DN/s", "FLUX_ERROR": "DN/s", "BACKGROUND": "DN/s"}


def tables_of(found: Extraction) -> list[Spectrum]:
    """The spectrum of each order: a table with a row an integration."""
    made = []
    for number, order in enumerate(found.orders):
        columns = order.columns
        table = np.zeros(
            len(found.background), layout_of("TSOMultiSpecModel").dtype(len(columns), BY_INTEGRATION)
        )
        is_lit = found.npixels[number][:, columns] > 0
        table["N_ALONGDISP"] = len(columns)
        table["WAVELENGTH"] = order.trace_wavelength
        table["FLUX"] = np.where(is_lit, found.flux[number][:, columns], np.nan)
        table["FLUX_ERROR"] = np.where(is_lit, np.sqrt(found.variance[number][:, columns]), np.nan)
        table["BACKGROUND"] = found.background[:, columns]
        table["NPIXELS"] = found.npixels[number][:, columns]
        made.append(Spectrum({"spectral_order": order.number}, table, dict(UNITS)))
    return made


def tell_settings(product: Spectra, settings: Settings, found: Extraction, bad_pix: str) -> None:
    """Write into the header how the spectra came about; they are of no type of source."""
    product.meta.target.source_type = None
    told = product.meta.soss_extract1d
    told.width, told.apply_decontamination = settings.width, settings.decontaminates
    told.tikhonov_factor = settings.factor if found.joint is None else found.joint.factor
    told.oversampling, told.threshold, told.bad_pix = settings.parts, settings.threshold, bad_pix


def trace_models(exposure: Exposure, found: Extraction) -> Exposure:
    """The models of the orders on the detector, and their apertures, for each integration; 0 where there is none."""
    model = new_model(datamodels.SossExtractModel, validate_on_assignment=False)
    model.update(exposure.model, only="PRIMARY")
    made = Exposure(model, exposure.source)
    made.membership = exposure.membership
    lit = ~found.nowhere
    for number, order in enumerate(found.orders):
        shape = (len(found.background), *lit.shape)
        if found.columns is not None:
            light = np.nan_to_num(found.columns[number], nan=0.0).astype(np.float32)
            model._instance[f"order{order.number}"] = light[:, None, :] * np.where(
                lit, order.profile, np.float32(0)
            )
        box = found.boxes[number].astype(np.float32)
        model._instance[f"aperture{order.number}"] = np.broadcast_to(box, shape).copy()
    return made


def solved_spectra(exposure: Exposure, found: Extraction) -> Spectra:
    """The spectra that were solved for, at the wavelengths of pixels: of each integration in turn, of each order."""
    parts = [] if found.joint is None else [_joint_part(found, number) for number in range(2)]
    parts += [_lone_part(found, place, model) for place, model in enumerate(found.lone)]
    spectra = []
    for integration in range(len(found.background)):
        for order, wavelength, flux in parts:
            known = np.isfinite(flux[:, integration])
            table = np.zeros(int(known.sum()), layout_of("MultiSpecModel").dtype())
            table["WAVELENGTH"], table["FLUX"] = wavelength[known], flux[known, integration]
            spectra.append(
                Spectrum({"spectral_order": order, "int_num": integration + 1}, table, dict(UNITS))
            )
    return Spectra.like(exposure, "MultiSpecModel", spectra)


def _joint_part(found: Extraction, number: int):
    """Order, wavelengths and light of pixels of one of the orders that were solved for together."""
    order, joint = found.orders[number], found.joint
    part = joint.grid[slice(*joint.coverage.spans[number])]
    place = place_of_trace(
        order.trace_wavelength[order.rising], found.nowhere.all(axis=0)[order.columns[order.rising]]
    )
    seen = coverage_of(part, [place])
    # As in jwst 3.0.0: what has the resolution of the spectrograph already is given it once more.
    again = order.resolution.convolution(part, *seen.spans[0])
    light = (
        light_map(part, place, seen.valid[0], seen.spans[0], order.throughput, again)
        @ joint.convolutions[number]
    )
    flux = light @ found.fluxes[0]
    flux[~(seen.valid[0] & seen.used[0])] = np.nan
    return order.number, place.wavelength, flux


def _lone_part(found: Extraction, place_in_list: int, model):
    """Order, wavelengths and light of pixels of an order that was solved for by itself."""
    order = found.orders[model.number]
    columns = order.columns[order.rising][: len(model.centers)]
    place = place_of_trace(model.centers, found.nowhere.all(axis=0)[columns])
    seen = coverage_of(model.grid, [place])
    flux = light_of(
        light_map(model.grid, place, seen.valid[0], seen.spans[0]), found.fluxes[1 + place_in_list]
    )
    flux[~(seen.valid[0] & seen.used[0])] = np.nan
    return order.number, model.centers, flux


def save_grid(grid: np.ndarray, name: str, directory: str | None) -> Path:
    """Save wavelengths; a name without a folder is one in the folder of products."""
    path = Path(name).expanduser()
    if directory is not None and not path.is_absolute():
        path = Path(directory).expanduser() / path
    path = path if path.suffix in (".fits", ".asdf") else path.with_name(path.name + ".fits")
    return write_model(datamodels.SossWaveGridModel(wavegrid=np.asarray(grid, float)), path)
