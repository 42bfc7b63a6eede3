"""What the ways from the grating wheel to all slits, or slices, have in common."""

from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.modes.nirspec.optics import Optics
from gpucal.wcs.nodes import arithmetic, beside, chain, identity, node, remap, scale, with_names


class SharedParts:
    """The parts of transforms that all slits have in common: nodes that a file holds once.

    Parameters
    ----------
    optics : Optics
    correction : node or None
        Of wavelengths, for the velocity of the telescope.
    unit : float
        What a metre is in the unit of wavelengths.
    """

    def __init__(self, optics: Optics, correction, unit: float):
        to_wavelength, to_direction = optics.disperser.to_wavelength, optics.disperser.to_direction
        if correction is not None:
            to_wavelength = chain(to_wavelength, correction)
            to_direction = chain(beside(inverse_of(correction), identity(3)), to_direction)
        if unit != 1.0:
            to_wavelength = chain(to_wavelength, scale(unit))
        # Zero, the height of the direction, and two cosines.
        self._before = chain(remap((0, 1, 0, 1), 3), beside(scale(0), scale(-1), identity(2)))
        self._twice = remap((0, 1, 0, 1, 2, 3))
        self._after = chain(remap((0, 1, 2, 3, 5), 7), beside(identity(2), to_wavelength))
        self._back = chain(remap((3, 0, 1, 2)), to_direction)
        self._masks: dict[tuple[float, float], object] = {}

    def model_of(self, to_wheel, back_to_wheel, table, ends: tuple[float, float]):
        """The transform of one slit, and its inverse.

        Parameters
        ----------
        to_wheel : node
            From a place in the slit to the direction in which its light comes to the disperser.
        back_to_wheel : node
            From a place in the slit and the wavelength to that direction and the wavelength.
        table : node
            From the height of that direction to the height in the slit.
        ends : tuple of float
            Of the slit, in units of its height.
        """
        model = chain(
            self._before,
            beside(identity(1), table, identity(2)),
            self._twice,
            beside(identity(2), to_wheel, identity(2)),
            self._after,
            self._mask(*ends),
        )
        back = chain(back_to_wheel, self._back)
        return with_names(model, ["x0", "x1", "x2"], ["x_slit", "y_slit", "lam"], inverse=back)

    def _mask(self, ymin: float, ymax: float):
        if (ymin, ymax) not in self._masks:
            self._masks[ymin, ymax] = mask_outside(ymin, ymax)
        return self._masks[ymin, ymax]


def mask_outside(ymin: float, ymax: float):
    """Height and wavelength as they are in the slit, NaN outside of it."""
    above, below = (
        node("logical", compareto=float(end), condition=condition, inputs=["x"], outputs=["x"], value=float("nan"))
        for condition, end in (("GT", ymax), ("LT", ymin))
    )
    nan_outside = chain(above, below, scale(0))
    added = arithmetic("add", remap((0,), 2), remap((1,)))
    masked = chain(
        remap((0, 1, 2, 1)),
        beside(identity(3), nan_outside),
        remap((0, 1, 3, 2, 3)),
        beside(identity(1), added, added),
    )
    masked["inverse"] = identity(3)
    return masked
