"""Small observations through slits, and what jwst makes of them step by step."""

import os

from bench.small_slits import NOISE, PLANS
from gpucal.simulate import observe_slits

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
        self.observation = observe_slits(directory, PLANS[name], effects=NOISE, cache=cache)

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
