"""Steps and the whole of stage 1 on the device, against the peer or, where it is not installed, against the CPU."""

from collections.abc import Iterator
from pathlib import Path

from bench import parity
from bench.agreement import Agreement
from bench.on_device.cases import only_few_steps, small_cases
from bench.on_device.session import Session
from bench.standards import Standard, best_here, own_cpu


def measure(session: Session) -> None:
    standard = own_cpu() if session.smoke else best_here()
    session.facts["standard"] = standard.name
    for case, settings in small_cases(session).items():
        simulation = session.exposure(settings)
        place = session.exposures / "products" / case.replace(" ", "_")
        place.mkdir(parents=True)
        found = {}
        with simulation.crds():
            for label, agreement in agreements(session, simulation.exposure, place, standard):
                found[label] = parity.figures(agreement)
                if not agreement.agrees:
                    print(f"{case}, {label}:\n{agreement}\n", flush=True)
        session.keep(case, found)


def agreements(session: Session, exposure: Path, place: Path, standard: Standard) -> Iterator[tuple[str, Agreement]]:
    """All steps and products of one exposure; products of few steps in a rehearsal."""
    if session.smoke:
        yield from parity.whole_pipeline(
            exposure, place, standard, {"save_results": True, "steps": only_few_steps()}
        )
    else:
        yield from parity.whole_pipeline(exposure, place, standard)
        yield from parity.each_step(exposure, standard)


def tables(part: dict) -> dict[str, str]:
    labels = {}
    for found in part["results"].values():
        for label, figures in found.items():
            labels.setdefault(label, []).append(figures)
    intro = f"Against {part.get('standard', 'nothing')}, worst of: {', '.join(part['results'])}."
    return {"device-agreement": f"{intro}\n\n{parity.table(labels)}"}
