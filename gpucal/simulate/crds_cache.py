"""A local CRDS cache: rules and references that serve simulated exposures without a server.

Layout as in https://jwst-crds.stsci.edu (docs, "cache structure"): `config`, `mappings` and
`references` under the directory that CRDS_PATH names. Mappings are never edited: each extension
writes new ones under a new context, so that an earlier context keeps serving what it served.
"""

import hashlib
import json
from pathlib import Path
from pprint import pformat

from crds.core import reftypes

SERVERLESS_URL = "https://jwst-serverless-mode.stsci.edu"
STATE_FILE = "simulated.json"
USE_AFTER = "2022-01-01 00:00:00"

DETECTOR = "META.INSTRUMENT.DETECTOR"
SUBARRAY = "META.SUBARRAY.NAME"
DATE_KEYS = ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")
SELECTION_KEYS = {
    "dark": (DETECTOR, "META.EXPOSURE.READPATT", SUBARRAY, "META.EXPOSURE.NGROUPS"),
    "ipc": (DETECTOR,),
}
DEFAULT_SELECTION_KEYS = (DETECTOR, SUBARRAY)


def selection_keys(kind):
    """Keywords by which the rules choose a reference of a type, tuple of str."""
    return SELECTION_KEYS.get(kind, DEFAULT_SELECTION_KEYS)


class CrdsCache:
    """A cache on disk, empty or to be extended.

    Parameters
    ----------
    path : path-like
        Becomes CRDS_PATH.
    """

    def __init__(self, path):
        self.path = Path(path)
        self._state_path = self.path / "config" / "jwst" / STATE_FILE
        self._state = {"number": 0, "instruments": {}}
        if self._state_path.exists():
            self._state = json.loads(self._state_path.read_text())

    @property
    def context(self):
        """Name of the newest context."""
        return f"jwst_{self._state['number']:04d}.pmap"

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
        types = self._state["instruments"].setdefault(instrument, {})
        changed = []
        for kind, (values, name) in rows.items():
            entry = types.setdefault(kind, {"rmap": None, "rows": {}})
            key = "|".join(values)
            if entry["rows"].get(key) != name:
                entry["rows"][key] = name
                changed.append(kind)
        if not changed and self._state["number"]:
            return
        self._state["number"] += 1
        for kind in changed:
            types[kind]["rmap"] = self._write_rules(instrument, kind, types[kind]["rows"])
        self._write_instrument(instrument)
        self._write_context()

    def _mapping_name(self, stem, extension):
        return f"{stem}_{self._state['number']:04d}.{extension}"

    def _write_rules(self, instrument, kind, rows):
        name = self._mapping_name(f"jwst_{instrument.lower()}_{kind}", "rmap")
        header = {
            "classes": ("Match", "UseAfter"),
            "filekind": kind.upper(),
            "instrument": instrument,
            "mapping": "REFERENCE",
            "name": name,
            "observatory": "JWST",
            "parkey": (selection_keys(kind), DATE_KEYS),
        }
        if kind.startswith("pars-"):
            header["reffile_required"] = "NO"
        lines = [
            f"    {tuple(key.split('|'))!r} : UseAfter({{\n        {USE_AFTER!r} : {file!r},\n    }}),\n"
            for key, file in sorted(rows.items())
        ]
        self._write_mapping(name, header, "Match({\n" + "".join(lines) + "})")
        return name

    def _write_instrument(self, instrument):
        kinds = reftypes.get_types_object("jwst")
        selector = {kind.upper(): "N/A" for part in kinds.instruments for kind in kinds.get_filekinds(part)}
        for kind, entry in self._state["instruments"][instrument].items():
            selector[kind.upper()] = entry["rmap"]
        name = self._mapping_name(f"jwst_{instrument.lower()}", "imap")
        header = {
            "instrument": instrument,
            "mapping": "INSTRUMENT",
            "name": name,
            "observatory": "JWST",
            "parkey": ("REFTYPE",),
        }
        self._write_mapping(name, header, pformat(selector))
        self._state.setdefault("imaps", {})[instrument] = name

    def _write_context(self):
        header = {
            "mapping": "PIPELINE",
            "name": self.context,
            "observatory": "JWST",
            "parkey": ("META.INSTRUMENT.NAME",),
        }
        self._write_mapping(self.context, header, pformat(self._state["imaps"]))
        config = {
            "observatory": "jwst",
            "operational_context": self.context,
            "latest_context": self.context,
            "bad_files_list": [],
            "last_synced": "2024-01-01 00:00:00",
        }
        self._state_path.parent.mkdir(parents=True, exist_ok=True)
        (self._state_path.parent / "server_config").write_text(pformat(config))
        (self._state_path.parent / "ref_cache_subdir_mode").write_text("instrument")
        self._state_path.write_text(json.dumps(self._state, indent=1))

    def _write_mapping(self, name, header, selector):
        """Write a mapping; its checksum covers all lines but its own."""
        header = {"derived_from": "simulation", **header}
        body = f"header = {pformat(header)}\n\nselector = {selector}\n"
        lines = body.splitlines(keepends=True)
        digest = hashlib.sha1(body.encode()).hexdigest()
        lines.insert(1, f" 'sha1sum': {digest!r},\n")
        path = self.path / "mappings" / "jwst" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines))
