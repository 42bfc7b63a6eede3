"""A CRDS cache without rules, in which nothing is looked up and no server is asked."""

from pathlib import Path

from gpucal.simulate.crds_cache import SERVERLESS_URL

_CONTEXT = "jwst_0000.pmap"
_SERVER_CONFIG = {
    "observatory": "jwst",
    "operational_context": _CONTEXT,
    "latest_context": _CONTEXT,
    "bad_files_list": [],
    "bad_files_set": [],
    "last_synced": "2020-01-01 00:00:00",
}


def cache_without_rules(place: Path) -> dict[str, str]:
    """Make the cache in a directory, and return the environment in which both programs use it.

    References come from overrides alone then, and parameters from the user.
    """
    config = place / "config" / "jwst"
    config.mkdir(parents=True)
    (config / "server_config").write_text(repr(_SERVER_CONFIG))
    return {
        "CRDS_PATH": str(place),
        "CRDS_SERVER_URL": SERVERLESS_URL,
        "CRDS_CONTEXT": _CONTEXT,
        "STPIPE_DISABLE_CRDS_STEPPARS": "true",
    }
