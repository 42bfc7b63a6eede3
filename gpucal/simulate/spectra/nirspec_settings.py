"""NIRSpec's slits, gratings and filters, as the references and headers of simulated exposures name them."""

from gpucal.simulate.errors import SimulationError

# Slit -> its width across and its length along, arcsec: https://jwst-docs.stsci.edu, "NIRSpec Fixed Slits".
FIXED_SLITS = {
    "S200A1": (0.2, 3.2),
    "S200A2": (0.2, 3.2),
    "S400A1": (0.4, 3.65),
    "S1600A1": (1.6, 1.6),
    "S200B1": (0.2, 3.2),
}
SHUTTER = (0.2, 0.46)
QUADRANTS = 4
SHUTTERS_ACROSS, SHUTTERS_ALONG = 365, 171

# (grating, filter) -> micron, a little more than the light that the filter lets through.
SETTINGS = {
    ("G235M", "F170LP"): (1.6, 3.3),
    ("G395M", "F290LP"): (2.8, 5.35),
    ("G395H", "F290LP"): (2.8, 5.35),
    ("PRISM", "CLEAR"): (0.5, 5.5),
}
# (grating, lamp) -> micron.
LAMPS = {("G235M", "LINE2"): (1.6, 3.3), ("G395M", "LINE3"): (2.8, 5.35), ("G395M", "FLAT3"): (2.8, 5.35)}
LAMP_TYPES = ("NRS_LAMP", "NRS_AUTOWAVE", "NRS_AUTOFLAT")
SLICES = 30  # of the integral field unit
ALL_WAVELENGTHS = (0.5, 5.6)  # micron

# The readings of the grating wheel at which a disperser is where its reference has it.
GRATING_TILTS = {
    "G395M": (0.28645208478, 0.1781745106),
    "G235M": (0.321180671453, 0.1389814019),
    "PRISM": (0.336739093065, 0.0333843045),
    "G395H": (0.323275774717, 0.1448970586),
}

# Apertures: V2 and V3 of the middle, arcsec, and V3I_YANG, degrees. VPARITY is -1.
APERTURES = {
    "S200A1": (332.0618, -479.1428, 138.76),
    "S200A2": (314.8950, -489.3419, 138.76),
    "S400A1": (321.7859, -477.8342, 138.76),
    "S1600A1": (321.4575, -473.5791, 138.76),
    "S200B1": (440.5955, -364.5832, 138.16),
    "MSA": (378.563, -428.402, 138.49),
    "IFU": (300.1403, -498.1975, 138.75),
}
SHUTTER_PITCH = 0.5302  # arcsec along a slitlet


def wavelengths_of(grating: str, selected: str) -> tuple[float, float]:
    """First and last wavelength of the references of a grating with a filter or a lamp, micron.

    Raises
    ------
    SimulationError
        That setting is not simulated.
    """
    known = SETTINGS | LAMPS
    if (grating, selected) not in known:
        names = ", ".join("/".join(one) for one in known)
        raise SimulationError(f"no references are simulated for {grating} with {selected}; there are {names}")
    return known[grating, selected]
