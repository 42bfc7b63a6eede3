"""Spectra of simulated sources: a power law, with lines."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Line:
    """An emission line, or with a negative flux an absorption line; a Gaussian.

    Attributes
    ----------
    wavelength : float
        Its middle, micron.
    flux : float
        Its integral, in the unit of the continuum times micron.
    sigma : float
        Its width, micron.
    """

    wavelength: float
    flux: float
    sigma: float


@dataclass(frozen=True)
class Spectrum:
    """The spectrum of a source.

    Attributes
    ----------
    level : float
        Of the continuum at `pivot`: Jy of a point, MJy/sr of what is extended.
    slope : float
        Power of the wavelength that the continuum goes with.
    pivot : float
        Micron.
    lines : tuple of Line
    """

    level: float
    slope: float = 0.0
    pivot: float = 3.0
    lines: tuple[Line, ...] = ()

    @classmethod
    def of_tree(cls, tree: dict) -> "Spectrum":
        """The spectrum of a tree that `dataclasses.asdict` made."""
        return cls(**tree | {"lines": tuple(Line(**line) for line in tree["lines"])})

    def __call__(self, wavelengths):
        """Its values at wavelengths, micron; NaN where these are NaN."""
        wavelengths = np.asarray(wavelengths, float)
        total = self.level * (wavelengths / self.pivot) ** self.slope
        for line in self.lines:
            away = (wavelengths - line.wavelength) / line.sigma
            total = total + line.flux / (np.sqrt(2 * np.pi) * line.sigma) * np.exp(-0.5 * away**2)
        return total


DARK = Spectrum(0.0)


def with_lines(
    level: float, wavelengths: tuple[float, float], number: int = 5, width: float = 6e-4, slope=-0.5
):
    """A spectrum with lines that are spread evenly, and whose middles are five times as bright as the continuum.

    Parameters
    ----------
    level : float
        See `Spectrum`.
    wavelengths : tuple of float
        Between which the lines lie, micron.
    number : int
    width : float
        Their sigma, in units of the wavelength.
    slope : float

    Returns
    -------
    Spectrum
    """
    first, last = wavelengths
    middles = first + (np.arange(number) + 0.5) * (last - first) / number
    lines = tuple(
        Line(float(middle), float(4 * level * np.sqrt(2 * np.pi) * width * middle), float(width * middle))
        for middle in middles
    )
    return Spectrum(level, slope, float(np.mean(wavelengths)), lines)
