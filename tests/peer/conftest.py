"""Run the peer offline, on the same simulated exposures and references as ours."""

from contextlib import ExitStack

import pytest

from bench.peer_tests.offline import cache_without_rules
from gpucal.simulate import simulate
from gpucal.simulate.crds_cache import crds_environment


@pytest.fixture
def without_parameter_references(monkeypatch):
    """Both pipelines run with the parameters that a test gives."""
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")


@pytest.fixture
def offline(tmp_path):
    """A CRDS cache without rules: references come from overrides alone."""
    with crds_environment(cache_without_rules(tmp_path / "crds_cache")):
        yield


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
    made = {}

    def make(**arguments):
        key = tuple(sorted(arguments.items()))
        if key not in made:
            made[key] = simulate(tmp_path_factory.mktemp("simulated"), **arguments)
        return made[key]

    return make


@pytest.fixture
def exposure_with_cache(simulated, without_parameter_references):
    """Simulate an exposure, and make its cache the one that CRDS reads: ``exposure_with_cache(seed=1)``."""
    with ExitStack() as stack:

        def make(**arguments):
            simulation = simulated(**arguments)
            stack.enter_context(simulation.crds())
            return simulation

        yield make
