"""Run the peer offline, on the same simulated exposures and references as ours."""

import pytest

OFFLINE = {
    "CRDS_SERVER_URL": "https://jwst-serverless-mode.stsci.edu",
    "STPIPE_DISABLE_CRDS_STEPPARS": "true",
}
SERVER_CONFIG = {
    "observatory": "jwst",
    "operational_context": "jwst_0000.pmap",
    "latest_context": "jwst_0000.pmap",
    "bad_files_list": [],
    "bad_files_set": [],
    "last_synced": "2020-01-01 00:00:00",
}


def _use_crds(monkeypatch, environment):
    """Set the variables that CRDS reads, and make it forget the cache it used before."""
    from crds.core import utils

    for name, value in {**OFFLINE, **environment}.items():
        monkeypatch.setenv(name, str(value))
    utils.clear_function_caches()


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """A CRDS cache without rules: references come from overrides alone."""
    config = tmp_path / "crds_cache" / "config" / "jwst"
    config.mkdir(parents=True)
    (config / "server_config").write_text(repr(SERVER_CONFIG))
    _use_crds(monkeypatch, {"CRDS_PATH": tmp_path / "crds_cache"})


@pytest.fixture(scope="session")
def peer_step():
    """Run one step of the peer: ``peer_step("dark_current", model, override_dark=path)``.

    Returns the step's result. The input model is not changed. References come from overrides in a test that
    uses `offline`, or from the cache of `exposure_with_cache`.
    """
    import jwst.step

    steps = {cls.class_alias: cls for cls in vars(jwst.step).values() if hasattr(cls, "class_alias")}

    def run(alias, model, **parameters):
        return steps[alias].call(model, **parameters)

    return run


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """Simulate an exposure with its references and CRDS cache, once for each set of arguments."""
    from gpucal.simulate import simulate

    made = {}

    def make(**arguments):
        key = tuple(sorted(arguments.items()))
        if key not in made:
            made[key] = simulate(tmp_path_factory.mktemp("simulated"), **arguments)
        return made[key]

    return make


@pytest.fixture
def exposure_with_cache(simulated, monkeypatch):
    """Simulate an exposure, and make its cache the one that CRDS reads: ``exposure_with_cache(seed=1)``."""

    def make(**arguments):
        simulation = simulated(**arguments)
        _use_crds(monkeypatch, simulation.environment())
        return simulation

    return make
