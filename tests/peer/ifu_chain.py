"""Small observations with integral field units, and what jwst makes of them step by step."""

from gpucal.simulate import Effects, MrsPlan, NirspecIfuPlan, observe_mrs, observe_nirspec_ifu
from gpucal.simulate.spectra.ifu.cube_observation import IMPRINT

NOISE = Effects.only("stars", "sky", "poisson", "read_noise", "bad_pixels")
# How each is observed, and the steps of jwst's spec2 on it in its order; what the last of each group makes is kept.
# Stray light of MIRI is not painted, and its step left out: jwst takes a minute for it.
UNITS = {
    "nirspec": (
        observe_nirspec_ifu,
        NirspecIfuPlan(dithers=((0.1, -0.05),), backgrounds=0),
        (("assign_wcs",), ("msa_flagging", "imprint", "srctype"), ("flat_field",), ("pathloss",), ("photom",)),
    ),
    "mrs": (
        observe_mrs,
        MrsPlan(dithers=((0.1, -0.05),), straylight=False),
        (("assign_wcs",), ("srctype", "flat_field", "fringe", "photom")),
    ),
}


class IfuChain:
    """One exposure, of NIRSpec with an imprint, and the files of the exposure after steps of jwst.

    Parameters
    ----------
    name : str
        ``nirspec`` or ``mrs``.
    directory, cache : pathlib.Path
        Of the observation, and the CRDS cache.
    run : callable
        ``run(alias, model, **parameters)`` runs a step of jwst.
    """

    def __init__(self, name, directory, cache, run):
        self._run, self._directory, self._done = run, directory, {}
        observe, plan, self.groups = UNITS[name]
        self._kept = [group[-1] for group in self.groups]
        self.observation = observe(directory, plan, effects=NOISE, cache=cache)
        self.imprint = next(iter(self.observation.of_role(IMPRINT)), None)

    def before(self, step):
        """The file that the first step of a group is given."""
        place = [group[0] for group in self.groups].index(step)
        return self.after(self._kept[place - 1]) if place else self.observation.exposures[0].path

    def after(self, step):
        """The file of what the last step of a group makes; the groups before it are run when they are needed."""
        if step not in self._done:
            group = self.groups[self._kept.index(step)]
            model, path = str(self.before(group[0])), self._directory / f"after_{step}.fits"
            with self.observation.crds():
                for alias in group:
                    beside = [[str(self.imprint.path)]] if alias == "imprint" else []
                    model = self._run(alias, model, *beside)
            model.save(str(path))
            model.close()
            self._done[step] = path
        return self._done[step]
