"""Putting the references of a simulated detector into a cache."""

import hashlib
from dataclasses import replace

import asdf

from gpucal.simulate.crds_cache import selection_keys
from gpucal.simulate.pixels import make_pixels
from gpucal.simulate.reference_files import MODELS, USE_AFTER, reference_name, write_reference
from gpucal.simulate.subarrays import FULL


def provide_references(cache, readout, pixels, effects, options):
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    readout : Readout
    pixels : Pixels
        Of the readout's window.
    effects : Effects
    options : ReferenceOptions

    Returns
    -------
    dict
        Reference type -> Path inside the cache.
    """
    full = replace(readout, subarray=FULL)
    full_pixels = None
    rows, paths = {}, {}
    for kind, (_, may_be_full) in MODELS.items():
        if kind == "ipc" and not effects.ipc:
            continue
        whole = options.full_frame and may_be_full and readout.subarray != FULL
        source = full if whole else readout
        path = cache.reference_path(reference_name(kind, source, effects, options))
        if not path.exists():
            if whole and full_pixels is None:
                full_pixels = make_pixels(readout.detector, FULL.window, effects)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_reference(path, kind, source, full_pixels if whole else pixels, effects, options)
        rows[kind] = (_selection(kind, readout), path.name)
        paths[kind] = path
    for class_name, parameters in options.parameters.items():
        kind = f"pars-{class_name.rpartition('.')[2].lower()}"
        paths[kind] = _write_parameters(cache, readout.detector.instrument, kind, class_name, parameters)
        rows[kind] = (_selection(kind, readout), paths[kind].name)
    cache.serve(readout.detector.instrument, rows)
    return paths


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
    digest = hashlib.sha1(repr((class_name, parameters)).encode()).hexdigest()[:12]
    path = cache.reference_path(f"jwst_{instrument.lower()}_{kind}_{digest}.asdf")
    own = {name: value for name, value in parameters.items() if name != "steps"}
    tree = {"class": class_name, "name": class_name.rpartition(".")[2], "parameters": own}
    if "steps" in parameters:
        tree["steps"] = [
            {"class": "", "name": name, "parameters": values} for name, values in parameters["steps"].items()
        ]
    tree["meta"] = {
        "author": "gpucal simulate",
        "description": f"Parameters of {class_name}",
        "instrument": {"name": instrument},
        "origin": "gpucal simulation",
        "pedigree": "DUMMY",
        "reftype": kind,
        "telescope": "JWST",
        "useafter": USE_AFTER,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    asdf.AsdfFile(tree).write_to(path)
    return path
