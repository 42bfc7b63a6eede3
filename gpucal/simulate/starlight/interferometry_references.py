"""The references that interferometric exposures have beside those of images: the mask, and throughputs of filters."""

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.simulate.references import USE_AFTER, digest
from gpucal.simulate.starlight import interferometry_optics as optics

FORMAT = 1
PUPIL_PIXELS = 1024

# Half-power wavelengths, micrometres: the filter pages of the JWST user documentation.
FILTERS = {"F380M": (3.726, 3.931), "F430M": (4.182, 4.395), "F480M": (4.669, 4.971)}
PEAK, EDGE, SAMPLES = 0.85, 0.08, 161
EXP_TYPE = "NIS_AMI"


def throughput_of(filter_name: str) -> tuple[np.ndarray, np.ndarray]:
    """Wavelengths, micrometres, and the throughput: flat but for edges, (161,) float64 each."""
    low, high = FILTERS[filter_name]
    width = high - low
    wavelength = np.linspace(low - 0.3 * width, high + 0.3 * width, SAMPLES)
    rise, fall = (
        np.clip(distance / (EDGE * width) + 0.5, 0, 1) for distance in (wavelength - low, high - wavelength)
    )
    return wavelength, PEAK * rise * fall


def band_of(filter_name: str, nwaves: int = 9) -> np.ndarray:
    """Weights, whose sum is 1, and wavelengths, metres: what a star of an even spectrum of photons shows."""
    wavelength, throughput = throughput_of(filter_name)
    passed = wavelength[throughput > 0]
    edges = np.linspace(passed[0], passed[-1], nwaves + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    fine = np.linspace(edges[:-1], edges[1:], 50)
    weights = np.interp(fine, wavelength, throughput).mean(0)
    return np.stack([weights / weights.sum(), middle * 1e-6], axis=1)


def provide_interferometry_references(cache, filter_name: str) -> dict:
    """Write those that are not in the cache, and make that serve them.

    Parameters
    ----------
    cache : CrdsCache
    filter_name : str

    Returns
    -------
    dict
        Reference type -> Path.
    """
    made = {"nrm": (_mask, (EXP_TYPE,), None), "throughput": (_throughput, (filter_name,), filter_name)}
    paths = {}
    for kind, (model_of, values, given) in made.items():
        path = cache.reference_path(f"jwst_niriss_{kind}_{digest([FORMAT, kind, given])}.fits")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            model = model_of(given)
            meta = model.meta
            meta.reftype, meta.description = kind, f"Simulated {kind}"
            meta.author, meta.pedigree, meta.useafter = "gpucal simulate", "DUMMY", USE_AFTER
            meta.instrument.name, meta.telescope = "NIRISS", "JWST"
            model.save(path)
        cache.serve("NIRISS", {kind: (values, path.name)})
        paths[kind] = path
    return paths


def _mask(_):
    model = datamodels.NRMModel(nrm=optics.pupil_image(PUPIL_PIXELS))
    model.diameter, model.flat_to_flat, model.pupil_circumscribed = (
        optics.PRIMARY, optics.FLAT_TO_FLAT, optics.PUPIL_ARRAY,
    )  # fmt: skip
    for number, (x, y) in enumerate(optics.HOLES.tolist(), start=1):
        setattr(model, f"x_a{number}", x)
        setattr(model, f"y_a{number}", y)
    model.meta.exposure.type = EXP_TYPE
    return model


def _throughput(filter_name):
    wavelength, throughput = throughput_of(filter_name)
    table = np.zeros(len(wavelength), [("wavelength", "f4"), ("throughput", "f4")])
    table["wavelength"], table["throughput"] = 1e4 * wavelength, throughput
    model = datamodels.ThroughputModel(filter_table=table)
    model.meta.instrument.filter = filter_name
    return model
