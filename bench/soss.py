"""Time ``calwebb_spec2`` of jwst and of gpucal on series of SOSS, by turns, from start to exit.

``python -m bench.soss`` simulates series of some lengths (`gpucal.simulate.observe_soss`), and extracts them on grids
of some sizes: how time and memory grow with both. jwst is not run on the grids whose dense matrices take it hours. It
writes ``docs/benchmarks/soss.json``, a picture of it, and the tables of ``docs/benchmarks.md``. Results of cases that
are left out are kept from the run before.
"""

from bench.image_stages import run
from bench.spectral_stages import COLUMNS, SpectralCase, measuring
from gpucal.simulate import SossPlan, observe_soss

KINDS = {"spec2": "2, one exposure"}


def series(nints: int, *parameters: str, with_peer: bool = True) -> SpectralCase:
    """A series of SUBSTRIP256, extracted with these parameters of ``extract_1d``."""
    words = tuple(f"--steps.extract_1d.{one}" for one in parameters)
    plan = SossPlan(nints=nints)
    return SpectralCase(observe_soss, plan, True, ("spec2",), with_peer, words)


def on_grid(size: int) -> str:
    """The parameter that limits the grid; twice as many points as pixels along the traces are taken in any case."""
    return f"soss_max_grid_size={size}"


CASES = {
    "SOSS, 4 integrations, boxes alone": series(4, "soss_atoca=false"),
    "SOSS, 4 integrations, smallest grid": series(4, on_grid(2000)),
    "SOSS, 16 integrations, smallest grid": series(16, on_grid(2000)),
    "SOSS, 4 integrations, grid of 15,000": series(4, on_grid(15000)),
    "SOSS, 4 integrations, usual grid (jwst is not run)": series(4, with_peer=False),
    "SOSS, 100 integrations, usual grid (jwst is not run)": series(100, with_peer=False),
    "SOSS, 500 integrations, usual grid (jwst is not run)": series(500, with_peer=False),
}

if __name__ == "__main__":
    run("soss", __doc__, KINDS, COLUMNS, measuring(CASES), CASES)
