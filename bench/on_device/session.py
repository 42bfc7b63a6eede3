"""What one part is told, and where it keeps what it finds."""

import json
import pickle
from dataclasses import dataclass, field
from pathlib import Path

from bench.cases import simulated_elsewhere
from gpucal.simulate import simulate


@dataclass
class Session:
    """One part at work.

    Attributes
    ----------
    backend : str
        Where gpucal runs: ``cuda``, or ``cudasim`` for a rehearsal.
    smoke : bool
        Whether this is a rehearsal: each part does as little as shows that it works.
    file : Path
        Where results are kept.
    exposures : Path
        A folder for simulated exposures, which parts share.
    results : dict
        What was found so far, by case.
    facts : dict
        What else the tables tell.
    """

    backend: str
    smoke: bool
    file: Path
    exposures: Path
    results: dict = field(default_factory=dict)
    facts: dict = field(default_factory=dict)

    def keep(self, case: str, result) -> None:
        """Keep one result, on disk at once: the part may be ended at any time."""
        self.results[case] = result
        unfinished = self.file.with_suffix(".part")
        unfinished.write_text(json.dumps({**self.facts, "results": self.results}))
        unfinished.replace(self.file)

    def exposure(self, settings: dict, *, apart: bool = False):
        """The simulation with these settings, made by the first part that asks for it.

        Parameters
        ----------
        settings : dict
            What `gpucal.simulate.simulate` takes.
        apart : bool
            Simulate in another process, so that this one needs no memory for it.
        """
        folder = self.exposures / "-".join(f"{name}_{value}" for name, value in sorted(settings.items()))
        kept = folder / "simulation.pickle"
        if not kept.exists():
            make = simulated_elsewhere if apart else lambda place, settings: simulate(place, seed=1, **settings)
            simulation = make(folder, settings)
            kept.write_bytes(pickle.dumps(simulation))
        return pickle.loads(kept.read_bytes())
