"""The time of each step of stage 1, and of its kernels on the device; see `bench.steps`."""

from bench import steps
from bench.hardware import copy_bandwidth
from bench.on_device import cases
from bench.on_device.session import Session

REPEATS = 5
SMOKE_BYTES = 4 * 2**14


def measure(session: Session) -> None:
    bandwidth = copy_bandwidth(1, SMOKE_BYTES) if session.smoke else copy_bandwidth()
    session.facts |= {"bandwidth": bandwidth, "repeats": 1 if session.smoke else REPEATS}
    for case, settings in cases.large_cases(session).items():
        simulation = session.exposure(settings)
        found = steps.measure_exposure(simulation, session.facts["repeats"], cases.steps(session))
        session.keep(case, steps.with_floors(found, bandwidth))


def tables(part: dict) -> dict[str, str]:
    first = next(iter(part["results"].values()), {})
    return {"steps-cuda": steps.table(part), "kernels-cuda": steps.kernels_table(first)}
