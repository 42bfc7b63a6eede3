"""Division by a fringe pattern: the transmission of a detector, in which light of one wavelength interferes.

Source: the ``fringe`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/fringe/main.html.
"""

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit


def divide_by_fringes(rates, variances, transmission) -> None:
    """Divide rates and errors by a fringe pattern, and variances by its square, in place.

    Parameters
    ----------
    rates, variances : dict of str to (ny, nx) float32 array
        By name, for messages; edited. No flags are changed.
    transmission : (ny, nx) float32 array
        Relative transmission; pixels that are NaN are left as they are.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(
        **{name: (one, "ny nx") for name, one in {"transmission": transmission, **rates, **variances}.items()}
    )
    xp = array_namespace(transmission)
    transmission = xp.where(xp.isnan(transmission), np.float32(1), transmission)
    for plane in rates.values():
        plane /= transmission
    square = 1 / (transmission * transmission)
    for plane in variances.values():
        plane *= square
