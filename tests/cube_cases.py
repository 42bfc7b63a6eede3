"""Small cubes of integral fields, and the references that spectra are extracted of them with."""

import asdf
import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.wcs import frames
from gpucal.wcs.fits_imaging import fits_imaging
from gpucal.wcs.nodes import beside, chain, scale, shift, tabular
from gpucal.wcs.world import Wcs

SHAPE = NPLANES, NY, NX = 40, 21, 25
CRVAL, SIDE = (85.2, -69.5), 0.13
ARCSEC = 1 / 3600
AREA = 4e-13

# Where the source is, pixels, and the width of a point source.
SOURCE, WIDTH = (11.3, 9.4), 1.4


def cube_wcs(wavelength, is_linear=True):
    """Of planes with these wavelengths."""
    sky = fits_imaging(((NX - 1) / 2, (NY - 1) / 2), CRVAL, (SIDE * ARCSEC, SIDE * ARCSEC), np.diag([-1.0, 1.0]))
    step = wavelength[1] - wavelength[0]
    line = chain(scale(step), shift(float(wavelength[0])))
    table = tabular(np.arange(len(wavelength), dtype=float), np.asarray(wavelength, float))
    return Wcs((pixels(), world()), (beside(sky, line if is_linear else table),))


def pixels():
    unit = asdf.tagged.TaggedString("pixel")
    unit._tag = "tag:stsci.edu:asdf/unit/unit-1.0.0"
    content = {
        "axes_names": ["x", "y", "z"],
        "axes_order": [0, 1, 2],
        "axes_type": ["SPATIAL", "SPATIAL", "SPECTRAL"],
        "axis_physical_types": ["custom:x", "custom:y", "custom:z"],
        "name": "detector",
        "naxes": 3,
        "unit": [unit, unit, unit],
    }
    return asdf.tagged.TaggedDict(content, "tag:stsci.edu:gwcs/frame-1.2.0")


def world():
    return frames.composite("world", frames.sky("sky"), frames.spectral("spectral", "wavelength"))


def wavelengths(kind, is_linear=True):
    """Of the planes, micron."""
    first, step = {"MIR_MRS": (4.9, 0.0016), "NRS_IFU": (2.9, 0.00179)}[kind]
    steps = np.full(NPLANES, step)
    if not is_linear:
        steps[NPLANES // 2 :] *= 1.7
    return first + np.cumsum(steps) - step


def cube(kind="MIR_MRS", source_type="POINT", *, is_linear=True, is_level=False, seed=3, **meta):
    """A point source on a level field; if the field is not all, with noise, outliers, and spaxels without values."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:NY, :NX]
    star = np.exp(-0.5 * ((x - SOURCE[0]) ** 2 + (y - SOURCE[1]) ** 2) / WIDTH**2)
    ramp = np.linspace(1.0, 1.5, NPLANES)[:, None, None]
    data = 400 * ramp * star + 12 + rng.normal(0, 1, SHAPE)
    weight = rng.integers(1, 9, SHAPE).astype(np.float32)
    if not is_level:
        data[rng.random(SHAPE) < 0.01] += 300
        weight[:, :2] = weight[:, :, -1] = weight[7] = 0
        weight[rng.random(SHAPE) < 0.02] = 0
    data[weight == 0] = np.nan
    err = np.where(weight > 0, rng.uniform(0.5, 2, SHAPE), np.nan)
    model = datamodels.IFUCubeModel(
        data=data.astype(np.float32), err=err.astype(np.float32), weightmap=weight,
        dq=np.where(weight > 0, 0, 513).astype(np.uint32),
    )  # fmt: skip
    tell(model, kind, source_type, meta)
    exposure = Exposure(model)
    exposure.set_wcs(cube_wcs(wavelengths(kind, is_linear), is_linear).to_tree())
    return exposure


def tell(model, kind, source_type, meta):
    """What the header of a cube says."""
    is_miri = kind == "MIR_MRS"
    told = {
        "telescope": "JWST", "filename": "made_s3d.fits", "exposure.type": kind, "target.source_type": source_type,
        "target.ra": CRVAL[0] - (SOURCE[0] - (NX - 1) / 2) * SIDE * ARCSEC / np.cos(np.deg2rad(CRVAL[1])),
        "target.dec": CRVAL[1] + (SOURCE[1] - (NY - 1) / 2) * SIDE * ARCSEC,
        "instrument.name": "MIRI" if is_miri else "NIRSPEC",
        "instrument.detector": "MIRIFUSHORT" if is_miri else "NRS1",
        "wcsinfo.dispersion_direction": 2 if is_miri else 1, "wcsinfo.crval1": CRVAL[0], "wcsinfo.crval2": CRVAL[1],
        "photometry.pixelarea_steradians": AREA, "aperture.position_angle": 150.0, "cal_step.cube_build": "COMPLETE",
        "observation.date": "2024-03-04", "observation.time": "05:06:07",
    }  # fmt: skip
    told |= {"instrument.channel": "1", "instrument.band": "SHORT"} if is_miri else {}
    told |= {} if is_miri else {"instrument.filter": "F290LP", "instrument.grating": "G395M"}
    for name, value in (told | meta).items():
        setattr_path(model.meta, name, value)


def setattr_path(node, path, value):
    *parts, last = path.split(".")
    for part in parts:
        node = getattr(node, part)
    setattr(node, last, value)


def circles(path, *, method="exact", inline=True, subtracts=True, subpixels=10, **columns):
    """An extract1d reference; circles grow with wavelength."""
    wavelength = np.linspace(2.0, 6.0, 9)
    data = {
        "wavelength": wavelength, "radius": 0.12 * wavelength, "inner_bkg": 0.16 * wavelength,
        "outer_bkg": 0.23 * wavelength, "axis_ratio": np.ones(9), "axis_pa": np.zeros(9),
    } | columns  # fmt: skip
    units = dict.fromkeys(("radius_units", "inner_bkg_units", "outer_bkg_units"), "arcsec")
    meta = about("extract1d", "Extract1dIFUModel")
    meta |= {"subtract_background": subtracts, "method": method, "subpixels": subpixels, "region_type": "target"}
    return written(path, {"meta": meta, "data": data | units | {"wavelength_units": "micron"}}, inline)


def corrections(path, kind="MIR_MRS", *, inline=True):
    """An apcorr reference; corrections fall with the radius, and grow with wavelength."""
    wavelength, radius = np.linspace(2.0, 6.0, 7), np.array([0.2, 0.45, 0.7, 1.3])
    table = {
        "wavelength": wavelength, "wavelength_units": "micron", "radius_units": "arcsec",
        "radius": np.outer(radius, 1 + 0.02 * wavelength), "apcorr": 1 + np.outer(0.1 / radius, wavelength),
    }  # fmt: skip
    table["apcorr_err"] = 0.01 * table["apcorr"]
    table |= {"channel": "ANY", "band": "ANY"} if kind == "MIR_MRS" else {"filter": "F290LP", "grating": "G395M"}
    model = "MirMrsApcorrModel" if kind == "MIR_MRS" else "NrsIfuApcorrModel"
    return written(path, {"meta": about("apcorr", model), "apcorr_table": table}, inline)


def about(reftype, model):
    return {
        "reftype": reftype, "model_type": model, "pedigree": "GROUND", "author": "test", "description": "made",
        "useafter": "2020-01-01T00:00:00", "instrument": {"name": "MIRI"}, "telescope": "JWST",
    }  # fmt: skip


def written(path, tree, inline):
    """A reference in ASDF, its arrays in its text or in binary blocks."""
    storage = "inline" if inline else "internal"
    file = asdf.AsdfFile(tree)
    file.write_to(path, all_array_storage=storage)
    return str(path)


def references(folder, kind="MIR_MRS", **keys):
    """Overrides of the references of a cube."""
    return {
        "override_extract1d": circles(folder / "extract1d.asdf", **keys),
        "override_psf": "N/A",  # which jwst asks for, and does not use
        "override_apcorr": corrections(folder / "apcorr.asdf", kind, inline=keys.get("inline", True)),
    }


def leaking_part():
    """Wavelengths, and which part of the light leaks there."""
    wavelength = np.linspace(11.5, 13.0, 31)
    return wavelength, 0.067 * np.exp(-0.5 * ((wavelength - 12.2) / 0.3) ** 2)


def leaks(path):
    """An mrsptcorr reference: what leaks falls on both sides of 12.2 micron."""
    model = datamodels.MirMrsPtCorrModel()
    wavelength, part = leaking_part()
    rows = list(zip(wavelength, part, 0.1 * part, strict=True))
    model.leakcor_table = np.array(rows, [(name, "f4") for name in ("wavelength", "frac_leak", "err_leak")])
    for name, value in about("mrsptcorr", "MirMrsPtCorrModel").items():
        if name not in ("instrument", "telescope"):
            setattr(model.meta, name, value)
    model.meta.instrument.name = "MIRI"
    model.save(path)
    return str(path)


def spectrum_of_band(channel, band, first, last, seed=2, source_type="POINT"):
    """A spectrum of MIRI, as a model."""
    rng, count = np.random.default_rng(seed), 60
    model = datamodels.MRSMultiSpecModel()
    entry = datamodels.MRSSpecModel()
    table = np.zeros(count, entry.get_dtype("spec_table"))
    for name in table.dtype.names:
        table[name] = rng.uniform(1, 2, count)
    table["WAVELENGTH"], table["DQ"] = np.linspace(first, last, count), 0
    entry.spec_table = table
    entry.source_type, entry.name = source_type, "MIR_MRS"
    model.spec.append(entry)
    told = {"name": "MIRI", "detector": "MIRIFUSHORT", "channel": channel, "band": band}
    for name, value in told.items():
        setattr(model.meta.instrument, name, value)
    model.meta.exposure.type, model.meta.filename = "MIR_MRS", f"made_ch{channel}-{band.lower()}_x1d.fits"
    model.meta.observation.date, model.meta.observation.time = "2024-03-04", "05:06:07"
    return model
