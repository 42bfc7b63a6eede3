"""Integral fields of NIRSpec: small ones to calibrate, and what the coordinates of whole ones are made of."""

import numpy as np
from stdatamodels.jwst.datamodels import IFUImageModel

from gpucal.data import Exposure
from gpucal.simulate.spectra import nirspec_flats
from gpucal.simulate.spectra.ifu.nirspec_ifu_references import _write_chromcorr as write_chromcorr
from gpucal.simulate.spectra.ifu.nirspec_ifu_references import area, pathloss
from gpucal.simulate.spectra.nirspec_flats import detector_flat, fore_flat, spectrograph_flat
from gpucal.simulate.spectra.nirspec_photometry import photom
from gpucal.simulate.spectra.spectral_references import optics_file
from gpucal.wcs import frames
from gpucal.wcs.nodes import beside, bounding_box, chain, identity, line, linear, node, remap, with_names
from gpucal.wcs.world import Wcs
from tests.nirspec_slits import exposure, overrides

KIND = "NRS_IFU"

SLICER = {"ifufore": "ifufore_0003", "ifupost": "ifupost_0004", "ifuslicer": "ifuslicer_0003"}

# Of a small field: pixels along a side, slices, rows of each, and columns after which they climb by one.
SIDE, NSLICES, ROWS, CLIMB = 128, 30, 4, 18
RANGE = (1.04, 1.66)


def field(grating="PRISM", detector="NRS1", kind=KIND, **more):
    """A whole exposure without light; more metadata as of `tests.nirspec_slits.exposure`."""
    model = IFUImageModel(exposure(grating=grating, detector=detector, **more))
    model.meta.exposure.type, model.meta.instrument.fixed_slit = kind, None
    model.meta.wcsinfo.v2_ref, model.meta.wcsinfo.v3_ref = 300.3, -497.9
    return model


def optics(folder) -> dict:
    """Parameters of assign_wcs that name the references of the prism; those that are not there are written."""
    made = overrides(folder, "PRISM")
    for kind, name in SLICER.items():
        path = folder / f"{kind}.asdf"
        path.write_bytes(optics_file(name))
        made[f"override_{kind}"] = str(path)
    write_chromcorr(folder / "chromcorr.asdf")
    return made | {"override_chromcorr": str(folder / "chromcorr.asdf")}


def labels():
    """The slices of a small field: they climb along the rows, so that the rectangles about them overlap."""
    y, x = np.mgrid[:SIDE, :SIDE]
    number = (y - x // CLIMB) // ROWS + 1
    return np.where((number > 0) & (number <= NSLICES) & (x > 2), number, 0).astype(np.int32)


def coordinates() -> Wcs:
    """The coordinates of a small field, as assign_wcs makes them: the wavelength grows along rows, and a little up."""
    image, pixel, place = labels(), ("x", "y"), ("x_slice", "y_slice", "lam")
    added = node("add", forward=[remap((0,), 2), remap((1,))])
    waves = chain(beside(line(0.005), line(0.0008)), added, linear(1, 1.03))
    regions = []
    for number in range(1, NSLICES + 1):
        rows, columns = (np.flatnonzero((image == number).any(axis=axis))[[0, -1]] + [-0.5, 0.5] for axis in (1, 0))
        made = with_names(chain(remap((0, 1, 0, 1)), beside(identity(2), waves)), pixel, place)
        made["bounding_box"] = bounding_box(x=columns.tolist(), y=rows.tolist())
        regions.append(made)
    selector = node(
        "regions_selector",
        inputs=list(pixel),
        label_mapper=node("label_mapper", inputs=list(pixel), mapper=image, no_label=0, outputs=["label"]),
        name="det2slicer",
        outputs=list(place),
        selector={"labels": list(range(1, NSLICES + 1)), "transforms": regions},
        undefined_transform_value=float("nan"),
    )
    spectral = frames.spectral("spectral", "wavelength")
    on_slicer = frames.composite("slicer", frames.plane("slicer_spatial", ("x_slicer", "y_slicer"), ""), spectral)
    world = frames.composite("world", frames.sky("sky"), spectral)
    planes = [frames.plane(name, pixel, "pixel") for name in ("coordinates", "detector")]
    on_sky = with_names(beside(linear(1e-5, 53.1), linear(1e-5, -27.8), identity(1)), place, ("ra", "dec", "lam"))
    return Wcs((*planes, on_slicer, world), (with_names(identity(2), pixel, pixel), selector, on_sky))


def small_field(source_type="EXTENDED", **more):
    """A small field with rates, flags and NaN."""
    model = IFUImageModel((SIDE, SIDE))
    model.meta = field(frame=("FULL", (1, 1), (SIDE, SIDE)), **more).meta.instance
    rng = np.random.default_rng(3)
    model.data = rng.normal(2.0, 0.5, (SIDE, SIDE)).astype(np.float32)
    model.var_poisson = rng.uniform(0.01, 0.03, (SIDE, SIDE)).astype(np.float32)
    model.var_rnoise = rng.uniform(0.02, 0.04, (SIDE, SIDE)).astype(np.float32)
    model.err = np.sqrt(model.var_poisson + model.var_rnoise)
    model.dq = np.where(rng.random((SIDE, SIDE)) < 0.02, 4, 0).astype(np.uint32)
    model.dq[30, 30:33], model.data[30, 30:33] = 1, np.nan
    meta = model.meta
    meta.target.source_type, meta.exposure.mid_time = source_type, 60010.0
    meta.bunit_data = meta.bunit_err = "DN/s"
    meta.filename = "jw00001001001_02101_00001_nrs1_rate.fits"
    meta.cal_step.assign_wcs = "COMPLETE"
    made = Exposure(model)
    made.set_wcs(coordinates().to_tree())
    return made.to_model()


def references(folder, monkeypatch) -> dict:
    """References to calibrate small fields, as parameters of steps."""
    monkeypatch.setattr(nirspec_flats, "SIDE", SIDE)
    rng = np.random.default_rng(12)
    made = {
        "fflat": fore_flat(RANGE, KIND, rng),
        "sflat": spectrograph_flat(RANGE, KIND, "NRS1", rng),
        "dflat": detector_flat("NRS1", rng),
        "pathloss": pathloss(),
        "photom": photom(KIND),
        "area": area(),
    }
    for name, model in made.items():
        model.save(folder / f"{name}.fits")
    return {f"override_{name}": str(folder / f"{name}.fits") for name in made} | {"override_flat": "N/A"}
