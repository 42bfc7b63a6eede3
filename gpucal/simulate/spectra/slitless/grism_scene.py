"""What is in a field of spectra without slits: sources whose spectra are known."""

from dataclasses import dataclass

import numpy as np

from gpucal.simulate.spectra.spectrum import Line, Spectrum

_STEPS = np.array([0.7548776662466927, 0.5698402909980532])  # the sequence R2 of Martin Roberts
MARGIN = 150  # pixels between many sources and the border
BRIGHTEST = 19.5  # magnitude of many sources
ZERO_POINT = 8.9  # AB magnitude of 1 Jy
# Of the usual sources, a bright and a faint one whose spectra lie on each other, by the axis of dispersion.
OVERLAPPING = {0: (8, 3), 1: (5, 2)}


@dataclass(frozen=True)
class FieldSource:
    """A source.

    Attributes
    ----------
    label : int
        In the catalogue and the segmentation map.
    x, y : float
        Its place in the direct image of the detector when nothing is dithered: pixels from 0.
    spectrum : Spectrum
        Jy.
    sigma : float
        Of its own, a Gaussian, pixels; 0 for a point.
    """

    label: int
    x: float
    y: float
    spectrum: Spectrum
    sigma: float = 0.0

    @classmethod
    def of_tree(cls, tree: dict) -> "FieldSource":
        """The source of a tree that `dataclasses.asdict` made."""
        return cls(**tree | {"spectrum": Spectrum.of_tree(tree["spectrum"])})

    def mean_flux(self, band: tuple[float, float]) -> float:
        """Jy, over a band."""
        return float(np.mean(self.spectrum(np.linspace(*band, 2000))))

    def magnitude(self, band: tuple[float, float]) -> float:
        """AB."""
        return ZERO_POINT - 2.5 * np.log10(self.mean_flux(band))


def source_of(label, x, y, magnitude, band, sigma=0.0) -> FieldSource:
    """A source with an emission line; slope of the continuum and place of the line follow from the label."""
    first, last = band
    level, middle = 10 ** (-0.4 * (magnitude - ZERO_POINT)), (first + last) / 2
    place = first + (last - first) * (0.25 + 0.13 * label % 0.5)
    width = 2.5e-3 * middle
    line = Line(float(place), float(1.5 * level * np.sqrt(2 * np.pi) * width), float(width))
    return FieldSource(label, float(x), float(y), Spectrum(level, 1.5 - label % 4, middle, (line,)), sigma)


def usual_sources(band: tuple[float, float]) -> tuple[FieldSource, ...]:
    """Eight sources: for either direction of dispersion one lies on the spectrum of another; two are extended."""
    rows = (
        (8, 700.3, 1200.6, 19.5, 0.0),
        (3, 701.6, 1262.2, 21.0, 0.0),
        (5, 1300.2, 900.4, 20.5, 0.0),
        (2, 1371.7, 902.1, 21.5, 0.0),
        (11, 420.5, 560.2, 20.0, 2.6),
        (7, 1650.8, 1500.3, 22.0, 0.0),
        (4, 1010.1, 1700.7, 21.5, 1.8),
        (6, 1000.2, 230.3, 20.2, 0.0),
    )
    return tuple(source_of(label, x, y, magnitude, band, sigma) for label, x, y, magnitude, sigma in rows)


def many_sources(number: int, band: tuple[float, float]) -> tuple[FieldSource, ...]:
    """So many sources, spread evenly over the detector, each fainter than the one before; a quarter are extended."""
    steps = np.arange(number)[:, None] * _STEPS
    places = MARGIN + (2048 - 2 * MARGIN) * ((steps + 0.5) % 1)
    return tuple(
        source_of(label, x, y, BRIGHTEST + 3.5 * (label / number) ** 0.5, band, 1.5 * (label % 4 == 0))
        for label, (x, y) in enumerate(places, 1)
    )
