"""Run the peer offline, on the same simulated exposures and references as ours."""

from contextlib import ExitStack

import pytest

from bench.peer_tests.offline import cache_without_rules
from gpucal.simulate import simulate
from gpucal.simulate.crds_cache import crds_environment
from tests.peer.slit_chain import SlitChain


@pytest.fixture(autouse=True)
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

    def run(alias, model, *beside, **parameters):
        return steps[alias].call(model, *beside, **parameters)

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


@pytest.fixture(scope="session")
def slit_chain(tmp_path_factory, peer_step):
    """A small observation through slits, and jwst's files after each step of spec2: ``slit_chain("fixedslit")``.

    Plans: fixedslit, mos, bots, lrs, lrs-slitless. ``chain.before("flat_field")`` and ``chain.after("flat_field")`` are
    files; ``chain.observation`` has the exposures, associations, references and truth. Run steps within
    ``chain.observation.crds()``.
    """
    made, cache = {}, tmp_path_factory.mktemp("slit_references")

    def make(name):
        if name not in made:
            made[name] = SlitChain(name, tmp_path_factory.mktemp(name), cache, peer_step)
        return made[name]

    return make
