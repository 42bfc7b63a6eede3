"""Which period data have: the periodogram of Lomb and Scargle, of any places, with a mean that is fitted too.

The power at a frequency is the share of the squares of the data that a sine and a mean explain (Zechmeister & Kuerster
2009, A&A 496, 577). It needs means of cosines, sines and their products over all places. These are smooth functions of
the frequency: over all periods looked for, their phases change by no more than the length of the spectrum allows. So
they are computed at the nodes of a polynomial, Chebyshev's, and interpolated, to about 1e-10; where there are fewer
periods than nodes, at each period.
"""

from functools import lru_cache

import numpy as np

from gpucal.backend.fit import check_fit

# Nodes beyond as many as the phase has radians: the coefficients of a sine then fall faster than any power.
SPARE_NODES = 24
SPARE_SLOPE = 8.0
NODES_AT_ONCE = 32


class Periodogram:
    """Of data at given places, the power at given periods.

    Parameters
    ----------
    places : (npoints,) float64 array
        Where data are; their order does not matter.
    periods : (nperiods,) float64 array
        Evenly spaced, ascending, above 0; in units of places.
    """

    def __init__(self, places, periods):
        self.places = places
        middle, length = 0.5 * (places.max() + places.min()), np.ptp(places)
        first, last = 1.0 / periods[-1], 1.0 / periods[0]
        radians = np.pi * length * (last - first)
        nodes = radians + SPARE_SLOPE * np.cbrt(radians) + SPARE_NODES
        nodes = NODES_AT_ONCE * int(np.ceil(nodes / NODES_AT_ONCE))
        if nodes < len(periods):
            frequencies = _nodes(first, last, nodes)
            self._to_periods = _interpolation(float(periods[0]), float(periods[-1]), len(periods), nodes)
        else:
            frequencies, self._to_periods = 1.0 / periods, None
        angles = 2.0 * np.pi * np.multiply.outer(frequencies, places - middle)
        self._cos, self._sin = np.cos(angles), np.sin(angles)
        number = len(places)
        moments = np.stack([
            self._cos.mean(axis=1), self._sin.mean(axis=1),
            np.einsum("fi,fi->f", self._cos, self._cos) / number, np.einsum("fi,fi->f", self._cos, self._sin) / number,
        ])  # fmt: skip
        c, s, cc, cs = self._at_periods(moments)
        self._means, self._products = (c, s), (cc - c * c, 1.0 - cc - s * s, cs - c * s)

    def power(self, data):
        """The power at each period.

        Parameters
        ----------
        data : (npoints,) float64 array
            The value at each place.

        Returns
        -------
        (nperiods,) float64 array
            From 0 to 1.
        """
        check_fit(places=(self.places, "npoints"), data=(data, "npoints"))
        data = data - data.mean()
        number = len(data)
        yc, ys = self._at_periods(np.stack([self._cos @ data, self._sin @ data]) / number)
        cc, ss, cs = self._products
        return (ss * yc * yc + cc * ys * ys - 2.0 * cs * yc * ys) / ((cc * ss - cs * cs) * np.mean(data * data))

    def _at_periods(self, at_nodes):
        return at_nodes if self._to_periods is None else at_nodes @ self._to_periods.T


def _nodes(first, last, number):
    """Chebyshev's nodes between two frequencies, both among them."""
    return 0.5 * (first + last) + 0.5 * (last - first) * np.cos(np.pi * np.arange(number) / (number - 1))


@lru_cache(maxsize=8)
def _interpolation(shortest, longest, nperiods, number):
    """From values at the nodes to those at periods, by the barycentric formula: (nperiods, number) float64."""
    first, last = 1.0 / longest, 1.0 / shortest
    signs = (-1.0) ** np.arange(number)
    signs[[0, -1]] *= 0.5
    distances = np.subtract.outer(1.0 / np.linspace(shortest, longest, nperiods), _nodes(first, last, number))
    at_node = np.abs(distances) < 1e-14 * last
    shares = signs / np.where(at_node, 1.0, distances)
    shares[at_node.any(axis=1)] = 0.0
    shares[at_node] = 1.0
    return shares / shares.sum(axis=1, keepdims=True)
