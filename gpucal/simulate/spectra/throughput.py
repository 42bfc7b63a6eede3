"""How references tell of throughput: changes with time, and tables over the places of sources."""

import numpy as np

DAYS_PER_YEAR = 365.0


def change_with_time(hdus, row: int, day: float) -> float:
    """Throughput on a day, relative to what the conversion of a photom reference is for.

    Parameters
    ----------
    hdus : HDUList
        The reference, with a linear, an exponential and a power-law change.
    row : int
        Of its tables.
    day : float
        MJD.
    """
    linear, decay, power = (
        hdus[f"TIMECOEFF_{kind}"].data[row] for kind in ("LINEAR", "EXPONENTIAL", "POWERLAW")
    )
    change = 1 - linear["lossperyear"] * (day - linear["t0"]) / DAYS_PER_YEAR
    change *= decay["amplitude"] * np.exp(-(day - decay["t0"]) / decay["tau"]) + decay["const"]
    passed = (day - power["t0"] + power["tsoft"]) / (DAYS_PER_YEAR + power["tsoft"])
    return float(change * power["year1value"] * passed ** power["alpha"])


def response_at(row, wavelengths):
    """Relative response of a row of a photom reference, same shape as the wavelengths (micron)."""
    count = row["nelem"]
    return np.interp(wavelengths, row["wavelength"][:count], row["relresponse"][:count])


def at_place(planes, row: float, column: float):
    """Values of planes (n, ny, nx) at a place between their pixels, (n,)."""
    i, j = int(row), int(column)
    dy, dx = row - i, column - j
    below = (1 - dx) * planes[:, i, j] + dx * planes[:, i, j + 1]
    above = (1 - dx) * planes[:, i + 1, j] + dx * planes[:, i + 1, j + 1]
    return (1 - dy) * below + dy * above
