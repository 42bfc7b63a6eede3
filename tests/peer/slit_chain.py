"""Small observations through slits, and what jwst makes of them step by step."""

import os

from gpucal.simulate import Effects, SlitPlan, observe_slits
from gpucal.simulate.spectra.msa_metadata import MsaConfiguration, Slitlet
from gpucal.simulate.spectra.slit_plans import along_slit
from gpucal.simulate.spectra.spectrum import Spectrum, with_lines

_NODS = (0, 1)
_SHUTTERS = MsaConfiguration(
    (
        Slitlet(1, 3, 60, (100, 101, 102), 11, 100, (0.42, 0.58), 0.95),
        Slitlet(2, 3, 75, (130, 131, 133)),
        Slitlet(3, 4, 55, (120, 121, 122), 13, 120, (0.35, 0.7), 0.3),
    ),
    nods=_NODS,
)
_RANGE = (2.9, 5.2)
PLANS = {
    "fixedslit": SlitPlan.named(
        "fixedslit", subarray="SUBS200A1", offsets=((0.02, -0.7), (0.02, 0.7)), pattern="2-POINT-NOD"
    ),
    "mos": SlitPlan.named(
        "mos",
        configuration=_SHUTTERS,
        offsets=along_slit(_NODS),
        spectra={11: with_lines(1e-4, _RANGE), 13: with_lines(4.0, _RANGE)},
    ),
    "bots": SlitPlan.named("bots", nints=3),
    "lrs": SlitPlan.named("lrs", sky=Spectrum(2.0, 1.0, 8.0)),
    "lrs-slitless": SlitPlan.named("lrs-slitless", nints=2),
}

# The steps of jwst's spec2 on slits, in its order; each skips what it does not apply to.
ORDER = (
    "assign_wcs", "msa_flagging", "extract_2d", "srctype", "wavecorr", "flat_field", "pathloss", "barshadow", "photom",
    "resample_spec", "extract_1d",
)  # fmt: skip
_NOT_FOR = {
    "bots": ("msa_flagging", "pathloss", "barshadow", "resample_spec"),
    "lrs": ("msa_flagging", "extract_2d", "wavecorr", "barshadow"),
    "lrs-slitless": ("msa_flagging", "extract_2d", "wavecorr", "pathloss", "barshadow", "resample_spec"),
    "fixedslit": ("msa_flagging", "barshadow"),
    "mos": (),
}


class SlitChain:
    """An observation, and the files of its first exposure after steps of jwst.

    Parameters
    ----------
    name : str
        Of the plan.
    directory, cache : pathlib.Path
        Of the observation, and the CRDS cache.
    run : callable
        ``run(alias, model)`` runs a step of jwst.
    """

    def __init__(self, name, directory, cache, run):
        self._run, self._directory, self._done = run, directory, {}
        self.steps = [step for step in ORDER if step not in _NOT_FOR[name]]
        noise = Effects.only("stars", "sky", "poisson", "read_noise", "bad_pixels")
        self.observation = observe_slits(directory, PLANS[name], effects=noise, cache=cache)

    def before(self, step):
        """The file that a step is given."""
        place = self.steps.index(step)
        return self.after(self.steps[place - 1]) if place else self.observation.exposures[0].path

    def after(self, step):
        """The file of what a step makes; the steps before it are run when they are needed."""
        if step not in self._done:
            source, folder = self.before(step), os.getcwd()
            path = self._directory / f"after_{step}.fits"
            os.chdir(self._directory)  # MSAMETFL is a name without a folder
            try:
                with self.observation.crds():
                    self._run(step, str(source)).save(str(path))
            finally:
                os.chdir(folder)
            self._done[step] = path
        return self._done[step]
