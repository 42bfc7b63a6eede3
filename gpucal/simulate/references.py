"""Writing the references of a simulated detector into a cache that serves them."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import asdf
import numpy as np
from astropy.io import fits

from gpucal.kernels.flags import dqflags
from gpucal.simulate import interference, irs2, miri_reference_arrays, reference_arrays, soss
from gpucal.simulate.crds_cache import selection_keys
from gpucal.simulate.metadata import SOSS_SUBARRAYS, window_keywords
from gpucal.simulate.pixels import make_pixels
from gpucal.simulate.subarrays import full_frame

USE_AFTER = "2022-01-01T00:00:00"
FORMAT = 3

DQ_DEFINITION_TYPE = np.dtype([("BIT", "i4"), ("VALUE", "u4"), ("NAME", "S40"), ("DESCRIPTION", "S80")])


class ReferenceType(NamedTuple):
    """How a type of reference is made: its contents, data model, and whether a full frame may be cut."""

    contents: Callable
    model: str
    may_be_cut: bool = True


TYPES = {
    "mask": ReferenceType(reference_arrays.mask, "MaskModel"),
    "saturation": ReferenceType(reference_arrays.saturation, "SaturationModel"),
    "linearity": ReferenceType(reference_arrays.linearity, "LinearityModel"),
    "gain": ReferenceType(reference_arrays.gain, "GainModel"),
    "readnoise": ReferenceType(reference_arrays.readnoise, "ReadnoiseModel"),
    "superbias": ReferenceType(reference_arrays.superbias, "SuperBiasModel", may_be_cut=False),
    "dark": ReferenceType(reference_arrays.dark, "DarkModel", may_be_cut=False),
    "ipc": ReferenceType(reference_arrays.ipc, "IPCModel"),
}

# The types that an instrument has in addition to these, or in their place; and those that it lacks.
OWN_TYPES = {
    "MIRI": {
        "dark": ReferenceType(miri_reference_arrays.dark, "DarkMIRIModel", may_be_cut=False),
        "reset": ReferenceType(miri_reference_arrays.reset, "ResetModel", may_be_cut=False),
        "rscd": ReferenceType(miri_reference_arrays.rscd, "RSCDModel", may_be_cut=False),
        "emicorr": ReferenceType(interference.emicorr, "EmiModel", may_be_cut=False),
    },
    "NIRISS": {"pastasoss": ReferenceType(soss.pastasoss, "PastasossModel", may_be_cut=False)},
}
LACKING_TYPES = {"MIRI": {"superbias"}}

# The types that IRS2 readout has in the place of these.
INTERLEAVED_TYPES = {
    "mask": ReferenceType(irs2.irs2_mask, "MaskModel"),
    "superbias": ReferenceType(irs2.irs2_superbias, "SuperBiasModel", may_be_cut=False),
    "refpix": ReferenceType(irs2.refpix, "IRS2Model"),
}

# References that are written only if the effect is on that they correct, by the name of its switch.
ONLY_WITH = {"ipc": "ipc", "emicorr": "interference"}

# References that are for some subarrays.
ONLY_FOR = {"pastasoss": SOSS_SUBARRAYS}

TREES = {"emicorr", "pastasoss"}

# References of a stripe subarray that have the shape of its exposures; others hold all rows, to be cut to the stripes.
OF_FRAMES = {"dark"}

# References of a whole detector, which have no window.
WITHOUT_WINDOW = {"ipc", "refpix", "rscd"}


def types_of(instrument, interleaved=False):
    """The types of reference that an instrument has, dict of ReferenceType."""
    lacking = LACKING_TYPES.get(instrument, set())
    types = {kind: entry for kind, entry in TYPES.items() if kind not in lacking}
    return types | OWN_TYPES.get(instrument, {}) | (INTERLEAVED_TYPES if interleaved else {})


def provide_references(cache, readout, pixels, effects, options):
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    readout : Readout
    pixels : Pixels
        Of the frames of the exposure.
    effects : Effects
    options : ReferenceOptions

    Returns
    -------
    dict
        Reference type -> Path inside the cache.
    """
    types = types_of(readout.detector.instrument, readout.pattern.interleaved)
    kinds = [kind for kind in types if _is_wanted(kind, readout, effects)]
    striped = readout.subarray.stripes is not None
    to_cut = [
        kind
        for kind in kinds
        if (options.full_frame and types[kind].may_be_cut) or (striped and kind not in OF_FRAMES)
    ]
    exact = [kind for kind in kinds if kind not in to_cut]
    frames = replace(readout, subarray=readout.subarray.frames(readout.detector))
    paths = _write_missing(cache, frames, pixels, effects, options, exact)
    if to_cut:
        whole = full_frame if options.full_frame else readout.subarray.covered
        wide = replace(readout, subarray=whole(readout.detector))
        wide_pixels = make_pixels(readout.detector, wide.subarray.window, effects)
        paths |= _write_missing(cache, wide, wide_pixels, effects, options, to_cut)
    for class_name, parameters in options.parameters.items():
        kind = f"pars-{class_name.rpartition('.')[2].lower()}"
        paths[kind] = _write_parameters(cache, readout.detector.instrument, kind, class_name, parameters)
    rows = {kind: (_selection(kind, readout), path.name) for kind, path in paths.items()}
    cache.serve(readout.detector.instrument, rows)
    return paths


def _is_wanted(kind, readout, effects):
    """Whether the effects, and the subarray, are some that a type of reference is for."""
    for_subarray = kind not in ONLY_FOR or readout.subarray.name in ONLY_FOR[kind]
    return for_subarray and (kind not in ONLY_WITH or getattr(effects, ONLY_WITH[kind]))


def _write_missing(cache, readout, pixels, effects, options, kinds):
    """Write references of some types, unless the cache has them; type -> Path."""
    paths = {}
    for kind in kinds:
        path = paths[kind] = cache.reference_path(_name(kind, readout, effects, options))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            entry = types_of(readout.detector.instrument, readout.pattern.interleaved)[kind]
            contents = entry.contents(readout, pixels, effects, options)
            if kind in TREES:
                chip = {"name": readout.detector.instrument, "detector": readout.detector.name}
                description = f"Simulated {kind} of {readout.detector.name}"
                write_tree(path, chip, kind, description, contents.tree, contents.keywords)
            else:
                _write(path, kind, entry.model, readout, contents)
    return paths


def _name(kind, readout, effects, options):
    """File name of a reference; equal names hold equal data."""
    state = [FORMAT, readout.detector, readout.subarray, effects.detector_state()]
    if kind == "linearity":
        state.append(options.inverse_linearity)
    if kind == "reset" or (readout.pattern.interleaved and kind in INTERLEAVED_TYPES):
        state.append(readout.pattern)
    if kind == "refpix":
        state.append(effects.one_over_f_level)
    if kind == "dark":
        state += [readout.frame_time, readout.total_frames]
        if reference_arrays.averages_dark(readout, options):
            state += [readout.pattern, readout.ngroups]
    extension = "asdf" if kind in TREES else "fits"
    return f"jwst_{readout.detector.instrument.lower()}_{kind}_{digest(state)}.{extension}"


def digest(state):
    """Twelve letters that stand for a state: equal ones for equal states, str."""
    return hashlib.sha1(repr(state).encode()).hexdigest()[:12]


def _write(path, kind, model, readout, contents):
    keywords = {
        "TELESCOP": "JWST",
        "INSTRUME": readout.detector.instrument,
        "DETECTOR": readout.detector.name,
        "REFTYPE": kind.upper(),
        "DATAMODL": model,
        "FILENAME": path.name,
        "DESCRIP": f"Simulated {kind} of {readout.detector.name}",
        "AUTHOR": "gpucal simulate",
        "PEDIGREE": "DUMMY",
        "USEAFTER": USE_AFTER,
        **({} if kind in WITHOUT_WINDOW else window_keywords(readout.detector, readout.subarray)),
        **contents.keywords,
    }
    hdus = fits.HDUList([fits.PrimaryHDU(header=fits.Header(keywords))])
    for name, array in contents.arrays.items():
        hdus.append(fits.ImageHDU(array, name=name))
    for name, table in contents.tables.items():
        hdus.append(fits.BinTableHDU(table, name=name))
    if contents.unit:
        hdus["SCI"].header["BUNIT"] = contents.unit
    if contents.flags:
        values, definitions = _quality(contents.flags)
        hdus.append(fits.ImageHDU(values, name="DQ"))
        hdus.append(fits.BinTableHDU(definitions, name="DQ_DEF"))
    unfinished = path.with_suffix(".part")
    hdus.writeto(unfinished, overwrite=True)
    unfinished.replace(path)


def _quality(flags):
    """DQ array and its table of definitions; each flag takes the next bit."""
    shape = next(iter(flags.values())).shape
    values = np.zeros(shape, np.uint32)
    definitions = np.zeros(len(flags), DQ_DEFINITION_TYPE)
    for bit, (name, where) in enumerate(flags.items()):
        if not hasattr(dqflags, name):
            raise ValueError(f"there is no data quality flag {name}")
        values[where] |= np.uint32(1 << bit)
        definitions[bit] = (bit, 1 << bit, name.encode(), name.replace("_", " ").lower().encode())
    return values, definitions


def _selection(kind, readout):
    """Values by which the rules choose a reference for this readout."""
    values = {
        "META.INSTRUMENT.DETECTOR": readout.detector.name,
        "META.SUBARRAY.NAME": readout.subarray.name,
        "META.EXPOSURE.READPATT": readout.pattern.name,
        "META.EXPOSURE.NGROUPS": str(readout.ngroups),
    }
    return tuple(values[key] for key in selection_keys(kind))


def _write_parameters(cache, instrument, kind, class_name, parameters):
    """Write a parameter reference; the parameters of a pipeline's steps are under "steps"."""
    path = cache.reference_path(f"jwst_{instrument.lower()}_{kind}_{digest((class_name, parameters))}.asdf")
    own = {name: value for name, value in parameters.items() if name != "steps"}
    tree = {"class": class_name, "name": class_name.rpartition(".")[2], "parameters": own}
    if "steps" in parameters:
        tree["steps"] = [
            {"class": "", "name": name, "parameters": values} for name, values in parameters["steps"].items()
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tree(path, {"name": instrument}, kind, f"Parameters of {class_name}", tree)
    return path


def write_tree(path, instrument, kind, description, tree, own=(), **storage):
    """Write an ASDF file of a tree, the metadata all references have, and its own; `storage` as ASDF takes it."""
    meta = dict(own) | {
        "author": "gpucal simulate",
        "description": description,
        "instrument": instrument,
        "origin": "gpucal simulation",
        "pedigree": "DUMMY",
        "reftype": kind,
        "telescope": "JWST",
        "useafter": USE_AFTER,
    }
    asdf.AsdfFile(tree | {"meta": meta}).write_to(path, **storage)
