"""The memory that stage 1 takes on the device, beside what was planned before the first pixel."""

import logging

from bench.on_device import cases
from bench.on_device.session import Session
from bench.results import markdown
from gpucal.backend import current_backend
from gpucal.backend.memory import in_words
from gpucal.core.log.summary import observe_summaries
from gpucal.core.run.memory_plan import MemoryPlan
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.reference import clear_store


class Plans(logging.Handler):
    """Keeps the plans of memory that runs log."""

    def __init__(self):
        super().__init__()
        self.of_runs: list[MemoryPlan] = []

    def emit(self, record) -> None:
        """Keep the plan of a line that tells one."""
        self.of_runs += [part for part in record.args or () if isinstance(part, MemoryPlan)]


def measure(session: Session) -> None:
    for case, settings in cases.large_cases(session).items():
        simulation = session.exposure(settings)
        clear_store()
        current_backend().release()
        plans, summaries = Plans(), []
        logger = logging.getLogger("gpucal")
        logger.setLevel(logging.INFO)
        logger.addHandler(plans)
        with simulation.crds(), observe_summaries(summaries.append):
            Detector1Pipeline.call(str(simulation.exposure), steps=cases.steps(session))
        logger.removeHandler(plans)
        (summary,), (plan,) = summaries, plans.of_runs
        session.keep(
            case,
            {"plan": plan.total, "parts": plan.parts(), "device": summary.device_peak, "host": summary.host_peak},
        )


def tables(part: dict) -> dict[str, str]:
    rows = [
        [case, *(in_words(found["parts"][name]) for name in ("ramp", "references")), in_words(found["plan"])]
        + ["" if found["device"] is None else in_words(found["device"])]
        for case, found in part["results"].items()
    ]
    return {"device-memory": markdown(["exposure", "ramp", "references", "planned in all", "held at most"], rows)}
