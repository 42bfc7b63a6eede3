"""Products with a few values of each array: small enough to be kept, and compared as whole ones are."""

from pathlib import Path

import numpy as np
from astropy.io import fits

# Values of an array, or rows of a table, at most.
COUNT = 199

SHAPE = "KEPTFROM"


def thinned(path: Path, directory: Path) -> Path:
    """Write a product with values of each array that are spread evenly over it.

    Parameters
    ----------
    path : Path
        A FITS file.
    directory : Path
        Where the new file goes, compressed.

    Returns
    -------
    Path
        The new file. Arrays of one shape have values of the same places in it. Extensions that are trees are left out.
    """
    with fits.open(path, memmap=False) as file:
        kept = [_thin(hdu) for hdu in file if hdu.name != "ASDF"]
        made = directory / f"{path.name}.gz"
        fits.HDUList(kept).writeto(made, overwrite=True)
    return made


def _thin(hdu):
    """An extension with some of its values, whose header tells of how many they are some."""
    if hdu.data is None or not len(hdu.data):
        return hdu
    header = hdu.header.copy()
    header[SHAPE] = str(hdu.data.shape)
    if isinstance(hdu, fits.BinTableHDU):
        made = fits.BinTableHDU(hdu.data[_places(len(hdu.data))], header)
    else:
        values = hdu.data.reshape(-1)[_places(hdu.data.size)]
        made = fits.ImageHDU(values, header)
    made.name, made.ver = hdu.name, hdu.ver
    return made


def _places(size: int) -> np.ndarray:
    """Places that are spread evenly over so many."""
    return np.unique(np.linspace(0, size - 1, COUNT).astype(int))
