"""A small observation with NIRSpec's integral field unit, and what jwst makes of it step by step."""

from gpucal.simulate import Effects, NirspecIfuPlan, observe_nirspec_ifu
from gpucal.simulate.spectra.ifu.cube_observation import IMPRINT

# The steps of jwst's spec2 on integral fields, in its order; what the last of each group makes is kept.
GROUPS = (
    ("assign_wcs",),
    ("msa_flagging", "imprint", "srctype"),
    ("flat_field",),
    ("pathloss",),
    ("photom",),
)
_KEPT = [group[-1] for group in GROUPS]


class IfuChain:
    """One exposure and an imprint, and the files of the exposure after steps of jwst.

    Parameters
    ----------
    directory, cache : pathlib.Path
        Of the observation, and the CRDS cache.
    run : callable
        ``run(alias, model, **parameters)`` runs a step of jwst.
    """

    def __init__(self, directory, cache, run):
        self._run, self._directory, self._done = run, directory, {}
        noise = Effects.only("stars", "sky", "poisson", "read_noise", "bad_pixels")
        plan = NirspecIfuPlan(dithers=((0.1, -0.05),), backgrounds=0)
        self.observation = observe_nirspec_ifu(directory, plan, effects=noise, cache=cache)
        (self.imprint,) = self.observation.of_role(IMPRINT)

    def before(self, step):
        """The file that the first step of a group is given."""
        place = [group[0] for group in GROUPS].index(step)
        return self.after(_KEPT[place - 1]) if place else self.observation.exposures[0].path

    def after(self, step):
        """The file of what the last step of a group makes; the groups before it are run when they are needed."""
        if step not in self._done:
            group = GROUPS[_KEPT.index(step)]
            model, path = str(self.before(group[0])), self._directory / f"after_{step}.fits"
            with self.observation.crds():
                for alias in group:
                    beside = [[str(self.imprint.path)]] if alias == "imprint" else []
                    model = self._run(alias, model, *beside)
            model.save(str(path))
            model.close()
            self._done[step] = path
        return self._done[step]
