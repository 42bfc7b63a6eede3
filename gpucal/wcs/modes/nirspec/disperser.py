"""The disperser in the wheel: how it is tilted, and how it turns light of a wavelength.

Directions are direction cosines in the frame of the disperser. A grating turns them by the grating equation, the prism
by refraction; both are transforms from a wavelength (metres) and a direction to a direction, and from two directions
to the wavelength.
"""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import beside, chain, identity, node, remap, scale, tabular
from gpucal.wcs.refraction import index_of_refraction

log = logging.getLogger(__name__)

PRISM, MIRROR = "PRISM", "MIRROR"

# Wavelengths of the table of the prism, micron.
_SHORTEST, _LONGEST, _STEP = 0.3, 8.005, 0.005


class Disperser(NamedTuple):
    """A disperser as it stood in an exposure.

    Attributes
    ----------
    grating : str
        Its name.
    angles : tuple of float
        By which directions are turned about x, y, z and y again on the way to it, degrees.
    content : mapping
        The tree of the disperser reference.
    order : int
        Spectral order.
    temperature : float or None
        Of the prism, K.
    """

    grating: str
    angles: tuple[float, float, float, float]
    content: dict
    order: int
    temperature: float | None

    @property
    def rotation(self):
        """From the frame of the instrument to that of the disperser."""
        axes = ["x", "y", "z"]
        return node(
            "rotation_sequence", angles=list(self.angles), axes_order="xyzy", inputs=axes, name="rotation", outputs=axes
        )

    @property
    def to_direction(self):
        """From a wavelength and the direction of light that comes in, to that in which it leaves."""
        return _through_prism(self) if self.grating == PRISM else _off_grating(self)

    @property
    def to_wavelength(self):
        """From the direction of light that comes in, and the first cosine of its way out, to the wavelength."""
        return _wavelength_of_prism(self) if self.grating == PRISM else _wavelength_of_grating(self)


def disperser_of(meta, reference, order: int) -> Disperser:
    """The disperser of an exposure, tilted as its sensors tell.

    Parameters
    ----------
    meta : node
        Metadata: the grating, the readings of the tilt sensors (GWA_XTIL, GWA_YTIL) and the temperature (GWA_TILT).
    reference : mapping
        The tree of a disperser reference.
    order : int
        Spectral order.

    Raises
    ------
    GpucalError
        If the temperature of the prism is not known.
    """
    instrument = meta.instrument
    grating = str(instrument.grating).upper()
    if grating == PRISM and instrument.gwa_tilt is None:
        raise GpucalError("the header lacks GWA_TILT, the temperature of the prism, which a WCS needs")
    angles = {name: float(reference[name]) for name in ("theta_x", "theta_y", "theta_z", "tilt_y")}
    # The sensor of one axis reads the rotation about the other.
    for angle, sensor, reading in (
        ("theta_y", "gwa_tiltx", instrument.gwa_xtilt),
        ("theta_x", "gwa_tilty", instrument.gwa_ytilt),
    ):
        if reading is None:
            log.info("The header has no reading of %s: %s is as in the reference", sensor, angle)
        else:
            angles[angle] += _correction(reference[sensor], reading)
    turns = angles["theta_x"], angles["theta_y"], angles["theta_z"], angles["tilt_y"]
    return Disperser(grating, turns, reference, order, instrument.gwa_tilt)


def _correction(sensor, reading: float) -> float:
    """How far the wheel is from where it was calibrated, degrees: half of what the light turns."""
    there, here = program_of(sensor["tilt_model"]).at([sensor["zeroreadings"][0], reading])[0]
    return 0.5 * (here - there) / 3600.0


def _off_grating(disperser: Disperser):
    # The equation counts the angle on the way in from the other side of the normal.
    without_third = chain(remap((0, 1, 2), 4), beside(identity(1), scale(-1), identity(1)))
    equation = node(
        "grating_equation",
        groove_density=float(disperser.content["groovedensity"]),
        inputs=["wavelength", "alpha_in", "beta_in"],
        name="alpha_from_greq",
        order=float(disperser.order),
        output="angle",
        outputs=["alpha_out", "beta_out", "gamma_out"],
    )
    return chain(without_third, equation)


def _wavelength_of_grating(disperser: Disperser):
    equation = node(
        "grating_equation",
        groove_density=float(disperser.content["groovedensity"]),
        inputs=["alpha_in", "alpha_out"],
        name="lambda_from_gratingeq",
        order=float(disperser.order),
        output="wavelength",
        outputs=["wavelength"],
    )
    return chain(remap((0, 2), 3), equation, scale(-1))


def _through_prism(disperser: Disperser):
    content = disperser.content
    return node(
        "snell",
        inputs=["lam", "alpha_in", "beta_in", "zin"],
        kcoef=[float(one) for one in content["kcoef"]],
        lcoef=[float(one) for one in content["lcoef"]],
        name="snell_law",
        outputs=["alpha_out", "beta_out", "zout"],
        pressure=float(content["pref"]),
        prism_angle=float(content["angle"]),
        ref_pressure=float(content["pref"]),
        ref_temp=float(content["tref"]),
        tcoef=[float(one) for one in content["tcoef"]],
        temp=float(disperser.temperature),
    )


def _wavelength_of_prism(disperser: Disperser):
    """The index of refraction that turns light so, looked up in a table of indices and wavelengths."""
    index = node(
        "refraction_index_from_prism",
        inputs=["alpha_in", "beta_in", "alpha_out"],
        name="n_prism",
        outputs=["n"],
        prism_angle=float(disperser.content["angle"]),
    )
    wavelengths = np.arange(_SHORTEST, _LONGEST, _STEP) * 1e-6
    indices = index_of_refraction(_through_prism(disperser), wavelengths * 1e6)
    return chain(index, tabular(indices[::-1], wavelengths[::-1]))
