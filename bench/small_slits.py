"""Small observations through slits, with which comparisons with the peer are quick."""

from gpucal.simulate import Effects, SlitPlan
from gpucal.simulate.spectra.msa_metadata import MsaConfiguration, Slitlet
from gpucal.simulate.spectra.slit_plans import along_slit
from gpucal.simulate.spectra.spectrum import Spectrum, with_lines

NOISE = Effects.only("stars", "sky", "poisson", "read_noise", "bad_pixels")

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
