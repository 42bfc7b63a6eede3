"""A local CRDS cache: rules and references that serve simulated exposures without a server.

Layout as in https://jwst-crds.stsci.edu (docs, "cache structure"): `config`, `mappings` and
`references` under the directory that CRDS_PATH names. A mapping's name is made from its contents, so
that extending the rules makes a new context, and an earlier context keeps serving what it served.
"""

import hashlib
import json
import os
from contextlib import contextmanager
from pathlib import Path
from pprint import pformat

from crds.core import reftypes
from crds.core import utils as crds_utils

SERVERLESS_URL = "https://jwst-serverless-mode.stsci.edu"
STATE_FILE = "simulated.json"
USE_AFTER = "2022-01-01 00:00:00"

DETECTOR = "META.INSTRUMENT.DETECTOR"
SUBARRAY = "META.SUBARRAY.NAME"
READPATT = "META.EXPOSURE.READPATT"
EXPOSURE_TYPE = "META.EXPOSURE.TYPE"
FILTER = "META.INSTRUMENT.FILTER"
GRATING = "META.INSTRUMENT.GRATING"
BAND = "META.INSTRUMENT.BAND"
PUPIL = "META.INSTRUMENT.PUPIL"
MODULE = "META.INSTRUMENT.MODULE"
CORONAGRAPH = "META.INSTRUMENT.CORONAGRAPH"
ANY = "ANY"  # a value of selection keys that every exposure fits
DATE_KEYS = ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")
SELECTION_KEYS = {
    "dark": (DETECTOR, READPATT, SUBARRAY, "META.EXPOSURE.NGROUPS"),
    "ipc": (DETECTOR,),
    "mask": (DETECTOR, SUBARRAY, READPATT),
    "refpix": (DETECTOR, READPATT),
    "superbias": (DETECTOR, READPATT, SUBARRAY),
    "reset": (DETECTOR, READPATT, SUBARRAY),
    "rscd": (DETECTOR,),
    "emicorr": (DETECTOR,),
    "distortion": (DETECTOR,),
    "filteroffset": (DETECTOR,),
    "photom": (DETECTOR,),
    "area": (DETECTOR,),
    "apcorr": (EXPOSURE_TYPE,),
    "abvegaoffset": (EXPOSURE_TYPE,),
    "psfmask": (FILTER, CORONAGRAPH, SUBARRAY),
    "nrm": (EXPOSURE_TYPE,),
    "throughput": (FILTER,),
    **dict.fromkeys(("specwcs", "pathloss", "extract1d", "psf"), (EXPOSURE_TYPE,)),
}
# Those of spectra, where an instrument has them.
SPECTRAL_KEYS = {
    "MIRI": {
        "flat": (DETECTOR, SUBARRAY, EXPOSURE_TYPE, BAND),
        "photom": (DETECTOR, EXPOSURE_TYPE, BAND),
        "specwcs": (EXPOSURE_TYPE, DETECTOR, BAND),
        **dict.fromkeys(("distortion", "regions", "fringe"), (DETECTOR, BAND)),
        **dict.fromkeys(("wavelengthrange", "mrsxartcorr", "fringefreq", "cubepar", "mrsptcorr"), (EXPOSURE_TYPE,)),
    },
    "NIRCAM": {
        "specwcs": (EXPOSURE_TYPE, MODULE, PUPIL),
        "bkg": (EXPOSURE_TYPE, DETECTOR, FILTER, PUPIL),
        "photom": (DETECTOR, EXPOSURE_TYPE),
        "wavelengthrange": (EXPOSURE_TYPE,),
    },
    "NIRISS": {
        "photom": (DETECTOR, EXPOSURE_TYPE),
        "specwcs": (EXPOSURE_TYPE, FILTER, PUPIL),
        "bkg": (EXPOSURE_TYPE, FILTER, PUPIL),
        "specprofile": (EXPOSURE_TYPE, SUBARRAY),
        **dict.fromkeys(("speckernel", "wavelengthrange"), (EXPOSURE_TYPE,)),
    },
    "NIRSPEC": {
        **dict.fromkeys(("camera", "collimator", "fpa", "msa", "ote", "wavelengthrange"), (DETECTOR,)),
        "disperser": (GRATING,),
        "fore": (FILTER,),
        "fflat": (GRATING, FILTER, EXPOSURE_TYPE),
        "sflat": (DETECTOR, FILTER, GRATING, EXPOSURE_TYPE),
        "dflat": (DETECTOR,),
        **dict.fromkeys(
            ("pathloss", "barshadow", "photom", "wavecorr", "extract1d", "apcorr", "msaoper", "area"), (EXPOSURE_TYPE,)
        ),
        "psf": (GRATING, EXPOSURE_TYPE),
        **dict.fromkeys(("ifufore", "ifuslicer", "ifupost", "cubepar"), (EXPOSURE_TYPE,)),
        "chromcorr": (EXPOSURE_TYPE, FILTER),
    },
}
DEFAULT_SELECTION_KEYS = (DETECTOR, SUBARRAY)


def selection_keys(kind, instrument=""):
    """Keywords by which the rules choose a reference of a type, tuple of str."""
    spectral = SPECTRAL_KEYS.get(instrument.upper(), {})
    return spectral.get(kind) or SELECTION_KEYS.get(kind, DEFAULT_SELECTION_KEYS)


class CrdsCache:
    """A cache on disk, empty or to be extended.

    Parameters
    ----------
    path : path-like
        Becomes CRDS_PATH.
    """

    def __init__(self, path):
        self.path = Path(path).absolute()
        self._state_path = self.path / "config" / "jwst" / STATE_FILE
        self._state = {"context": None, "imaps": {}, "rules": {}}
        if self._state_path.exists():
            self._state = json.loads(self._state_path.read_text())

    @property
    def context(self):
        """Name of the newest context; None while the cache is empty."""
        return self._state["context"]

    def reference_path(self, name):
        """Where a reference of that name belongs."""
        return self.path / "references" / "jwst" / name.split("_")[1] / name

    def environment(self, context=None):
        """Environment variables that make CRDS use this cache.

        Parameters
        ----------
        context : str, optional
            A context of this cache; the newest one if not given.

        Returns
        -------
        dict of str
        """
        return {
            "CRDS_PATH": str(self.path),
            "CRDS_SERVER_URL": SERVERLESS_URL,
            "CRDS_CONTEXT": context or self.context,
        }

    def serve(self, instrument, rows):
        """Add references to the rules, under a new context unless they are already served.

        Parameters
        ----------
        instrument : str
        rows : dict
            Reference type -> (tuple of the values of its selection keys, file name). A row with the
            same values replaces the one that was there.
        """
        rules = self._state["rules"].setdefault(instrument, {})
        for kind, (values, name) in rows.items():
            rules.setdefault(kind, {})["|".join(values)] = name
        self._state["imaps"][instrument] = self._write_instrument(instrument, rules)
        self._state["context"] = self._write_mapping(
            "jwst",
            "pmap",
            {"mapping": "PIPELINE", "parkey": ("META.INSTRUMENT.NAME",)},
            pformat(self._state["imaps"]),
        )
        self._write_configuration()

    def _write_instrument(self, instrument, rules):
        """Write the rules of all types of an instrument; types without rules do not apply."""
        kinds = reftypes.get_types_object("jwst")
        selector = {kind.upper(): "N/A" for part in kinds.instruments for kind in kinds.get_filekinds(part)}
        for kind, rows in rules.items():
            selector[kind.upper()] = self._write_rules(instrument, kind, rows)
        header = {"instrument": instrument, "mapping": "INSTRUMENT", "parkey": ("REFTYPE",)}
        return self._write_mapping(f"jwst_{instrument.lower()}", "imap", header, pformat(selector))

    def _write_rules(self, instrument, kind, rows):
        header = {
            "classes": ("Match", "UseAfter"),
            "filekind": kind.upper(),
            "instrument": instrument,
            "mapping": "REFERENCE",
            "parkey": (selection_keys(kind, instrument), DATE_KEYS),
        }
        if kind.startswith("pars-"):
            header["reffile_required"] = "NO"
        lines = [
            f"    {tuple(key.split('|'))!r} : UseAfter({{\n        {USE_AFTER!r} : {file!r},\n    }}),\n"
            for key, file in sorted(rows.items())
        ]
        selector = "Match({\n" + "".join(lines) + "})"
        return self._write_mapping(f"jwst_{instrument.lower()}_{kind}", "rmap", header, selector)

    def _write_mapping(self, stem, extension, header, selector):
        """Write a mapping under a name made from what it says; its checksum covers all lines but its own."""
        number = int(hashlib.sha1(f"{header}{selector}".encode()).hexdigest()[:8], 16)
        name = f"{stem}_{number:010d}.{extension}"
        header = {"derived_from": "simulation", "name": name, "observatory": "JWST", **header}
        body = f"header = {pformat(header)}\n\nselector = {selector}\n"
        lines = body.splitlines(keepends=True)
        lines.insert(1, f" 'sha1sum': {hashlib.sha1(body.encode()).hexdigest()!r},\n")
        path = self.path / "mappings" / "jwst" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines))
        return name

    def _write_configuration(self):
        directory = self._state_path.parent
        directory.mkdir(parents=True, exist_ok=True)
        config = {
            "observatory": "jwst",
            "operational_context": self.context,
            "latest_context": self.context,
            "bad_files_list": [],
            "last_synced": "2024-01-01 00:00:00",
        }
        (directory / "server_config").write_text(pformat(config))
        (directory / "ref_cache_subdir_mode").write_text("instrument")
        self._state_path.write_text(json.dumps(self._state, indent=1))


@contextmanager
def crds_environment(variables):
    """Let CRDS use other environment variables for a while, within this process.

    CRDS remembers its context and its configuration; it is made to forget them when this begins and when it ends.

    Parameters
    ----------
    variables : dict of str
        As `CrdsCache.environment` gives them.
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    crds_utils.clear_function_caches()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        crds_utils.clear_function_caches()
