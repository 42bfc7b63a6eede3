"""Spectra of SOSS as they are extracted, without light of their own."""

import numpy as np
from stdatamodels.jwst import datamodels

LENGTHS = {1: 40, 2: 30, 3: 20}
WAVELENGTHS = {1: (2.9, 0.8), 2: (1.4, 0.55), 3: (0.95, 0.6)}  # beyond those of the reference at both ends


def spectra_in_counts(nints=2, orders=(1, 2, 3)):
    """Spectra of orders in DN/s; each column of each integration has values of its own."""
    model, rng = datamodels.TSOMultiSpecModel(), np.random.default_rng(3)
    for order in orders:
        length = LENGTHS[order]
        schema = datamodels.TSOSpecModel().schema["properties"]["spec_table"]["datatype"]
        scalars = (
            "INT_NUM",
            "N_ALONGDISP",
            "SEGMENT",
            "MJD-BEG",
            "MJD-AVG",
            "MJD-END",
            "TDB-BEG",
            "TDB-MID",
            "TDB-END",
        )
        kinds = {"float64": "f8", "uint32": "u4", "int32": "i4"}
        dtype = [(one["name"], kinds[one["datatype"]], () if one["name"] in scalars else (length,)) for one in schema]
        table = np.zeros(nints, dtype)
        for name, kind, shape in dtype:
            if kind == "f8" and shape:
                table[name] = rng.uniform(1, 2, (nints, length))
        table["WAVELENGTH"] = np.linspace(*WAVELENGTHS[order], length)
        table["INT_NUM"] = np.arange(1, nints + 1)
        spec = datamodels.TSOSpecModel(spec_table=table)
        spec.spectral_order = order
        model.spec.append(spec)
    meta = model.meta
    meta.instrument.name, meta.instrument.detector = "NIRISS", "NIS"
    meta.instrument.filter, meta.instrument.pupil = "CLEAR", "GR700XD"
    meta.exposure.type, meta.exposure.mid_time = "NIS_SOSS", 60000.0
    meta.observation.date, meta.observation.time = "2023-06-01", "00:00:00.000"
    return model
