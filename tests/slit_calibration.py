"""Slits of NIRSpec with rates, and references to calibrate them, small enough for tests."""

import numpy as np
from stdatamodels.jwst.datamodels import MultiSlitModel

from gpucal.simulate.spectra import nirspec_flats
from gpucal.simulate.spectra.nirspec_flats import detector_flat, fore_flat, spectrograph_flat
from gpucal.simulate.spectra.nirspec_photometry import area, photom
from gpucal.simulate.spectra.slit_losses import barshadow, pathloss
from gpucal.simulate.spectra.wavelength_offsets import wavecorr
from tests.slit_spectra import spectrum

FIXED, SHUTTERS, SERIES = "NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_BRIGHTOBJ"

# First and last wavelength of references: some pixels are beyond.
RANGE = (1.04, 1.66)
SIDE = 128

# Name, type of the source, its place across and along the slit; of slitlets also shutters, quadrant, column and row.
FIXED_SLITS = [
    ("S200A1", "POINT", 0.2, 0.1),
    ("S400A1", "EXTENDED", 0.0, 0.0),
    ("S200A2", "POINT", 0.1, 0.9),
]
SLITLETS = [
    (1, "POINT", 0.2, 0.1, "1x1", 1, 12, 20),
    (2, "EXTENDED", 0.0, 0.0, "x1", 2, 3, 41),
    (3, "EXTENDED", 0.1, 0.2, "x", 4, 300, 100),
    (4, "POINT", 0.1, 2.9, "11x", 3, 3, 3),
    (5, "EXTENDED", 0.1, -0.2, "10x1", 3, 40, 70),
]


def slits_of(kind):
    """An exposure of this type with count rates: slits of NIRSpec, or a series of one."""
    if kind == SERIES:
        return described(a_series(), kind)
    model = described(MultiSlitModel(), kind)
    for number, row in enumerate(SLITLETS if kind == SHUTTERS else FIXED_SLITS):
        slit = one_slit(number, kind, (18 + 2 * number, 60 + 3 * number), *row[:4])
        if kind == SHUTTERS:
            slit.shutter_state, slit.quadrant, slit.xcen, slit.ycen = row[4:]
            slit.slitlet_id, slit.slit_yscale = number + 1, None if number == 2 else 1.166
            slit.source_name = f"7_{number}"
        model.slits.append(slit)
    return model


def one_slit(number, kind, shape, name, source_type, x, y):
    """A slit with rates."""
    slit = spectrum(number, shape=shape)
    slit.name, slit.source_type, slit.source_xpos, slit.source_ypos = str(name), source_type, x, y
    slit.xstart, slit.ystart = 8 + 5 * number, 11 + 20 * number
    slit.meta.exposure.type = kind
    slit.meta.bunit_data = slit.meta.bunit_err = "DN/s"
    del slit.var_flat
    for place in ("pixelarea_steradians", "pixelarea_arcsecsq"):
        setattr(slit.meta.photometry, place, None)
    return slit


def a_series():
    """A series of three integrations through one slit."""
    slit = one_slit(1, SERIES, (20, 64), "S1600A1", "POINT", 0.05, 0.0)
    for name in ("data", "err", "dq", "var_poisson", "var_rnoise"):
        slit[name] = np.stack([getattr(slit, name)] * 3)
    slit.data[1] *= 1.5
    slit.dq[2, 3, 3] = 1
    return slit


def described(model, kind):
    """Metadata that select references, and place the slits on the detector."""
    meta = model.meta
    meta.instrument.name, meta.instrument.detector = "NIRSPEC", "NRS1"
    meta.instrument.filter, meta.instrument.grating = "CLEAR", "PRISM"
    meta.exposure.type, meta.exposure.mid_time = kind, 60010.0
    meta.target.source_type = "POINT"
    meta.subarray.name, meta.subarray.xstart, meta.subarray.ystart = "FULL", 1, 2
    meta.filename = "jw00001001001_02101_00001_nrs1_rate.fits"
    meta.bunit_data = meta.bunit_err = "DN/s"
    return model


def overrides(kind, folder, monkeypatch) -> dict:
    """References for exposures of a type, in files of a folder, as parameters of steps."""
    monkeypatch.setattr(nirspec_flats, "SIDE", SIDE)
    rng, sort = np.random.default_rng(12), FIXED if kind == SERIES else kind
    made = {
        "wavecorr": wavecorr(sort),
        "fflat": fore_flat(RANGE, sort, rng),
        "sflat": spectrograph_flat(RANGE, sort, "NRS1", rng),
        "dflat": detector_flat("NRS1", rng),
        "pathloss": pathloss(sort),
        "photom": photom(sort),
        "area": area(sort),
    }
    if kind == SHUTTERS:
        made["barshadow"] = barshadow()
    paths = {name: folder / f"{name}.{'asdf' if name == 'wavecorr' else 'fits'}" for name in made}
    for name, model in made.items():
        model.save(paths[name])
    return {f"override_{name}": str(path) for name, path in paths.items()} | {"override_flat": "N/A"}
