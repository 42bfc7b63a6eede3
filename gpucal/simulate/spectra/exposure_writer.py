"""Writing simulated exposures of spectra: rates or raw ramps, and the truth beside them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.effects import Effects
from gpucal.simulate.events import draw_events
from gpucal.simulate.exposure import integration_times, write_exposure
from gpucal.simulate.pixels import make_pixels
from gpucal.simulate.ramp import read_out
from gpucal.simulate.rates import Rates, draw_rates, write_rates
from gpucal.simulate.readout import Readout
from gpucal.simulate.reference_arrays import ReferenceOptions
from gpucal.simulate.references import provide_references
from gpucal.simulate.simulation import Truth

MISSED_HITS = 0.1  # share of the cosmic rays that the jump step misses, in rates


@dataclass(frozen=True)
class ExposureWriter:
    """Writes exposures.

    Attributes
    ----------
    store : CrdsCache
        Takes the references of detectors, where these are needed.
    effects : Effects
    rates : bool
        Write rates, with the noise that a fit of the ramp leaves, rather than raw ramps.
    series : bool
        Write the rates of each integration.
    model : str
        DATAMODL of rates; empty for that of images or of series.
    """

    store: CrdsCache
    effects: Effects
    rates: bool
    series: bool = False
    model: str = ""

    @property
    def suffix(self) -> str:
        """How the names of the files end."""
        return ("rateints" if self.series else "rate") if self.rates else "uncal"

    def write(self, path: Path, header, readout: Readout, light, seed: np.random.SeedSequence) -> Path:
        """Write an exposure and its truth.

        Parameters
        ----------
        path : Path
        header
            Has `primary_keywords()`, `science_keywords()` and `start`.
        readout : Readout
        light : ndarray (ny, nx), float64
            DN/s without noise; set to 0 where pixels do not see it. Of rates of a series it may have a plane for each
            integration.
        seed : SeedSequence

        Returns
        -------
        Path
            Of the truth, see `gpucal.simulate.Truth`.
        """
        pixels = make_pixels(readout.detector, readout.subarray.window, self.effects)
        light[..., pixels.reference | pixels.bad["dead"]] = 0
        hits = self._write(path, header, readout, pixels, light * pixels.gain, seed)
        truth_path = path.with_name(f"{path.stem.rpartition('_')[0]}_truth.npz")
        Truth(light.astype(np.float32), *hits).save(truth_path)
        return truth_path

    def _write(self, path, header, readout, pixels, electrons, seed):
        """Write the exposure; the cosmic rays, snowballs and showers that are in it."""
        event_seed, noise_seed, miss_seed = seed.spawn(3)
        events = draw_events(readout, self.effects, np.random.default_rng(event_seed))
        primary, science = header.primary_keywords(), header.science_keywords()
        if not self.rates:
            raw = read_out(readout, [(pixels, electrons)], events, self.effects, noise_seed)
            write_exposure(path, readout, raw, primary, coordinates=science)
            provide_references(self.store, readout, pixels, self.effects, ReferenceOptions())
            return events.hits, events.snowballs, events.showers
        is_missed = np.random.default_rng(miss_seed).random(len(events.hits)) < MISSED_HITS
        drawn = self._draw(readout, pixels, electrons, events.hits, is_missed, np.random.default_rng(noise_seed))
        first = primary.get("INTSTART", 1)
        times = integration_times(readout, header.start.mjd, first) if self.series else None
        write_rates(path, drawn, primary, science, times, self.model)
        return events.hits[is_missed], events.snowballs[:0], events.showers[:0]

    def _draw(self, readout, pixels, electrons, hits, is_missed, rng) -> Rates:
        if not self.series:
            return draw_rates(readout, pixels, electrons, hits, is_missed, self.effects, rng)
        single, parts = replace(readout, nints=1), []
        for number in range(readout.nints):
            own = hits["integration"] == number
            seen = electrons[number] if electrons.ndim == 3 else electrons
            parts.append(draw_rates(single, pixels, seen, hits[own], is_missed[own], self.effects, rng))
        return Rates(*(np.stack(planes) for planes in zip(*(vars(part).values() for part in parts), strict=True)))
