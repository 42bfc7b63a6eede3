"""The MSA metadata file: which shutters are open in each exposure of a nod pattern, and which sources are in them.

Layout: https://jwst-pipeline.readthedocs.io, "MSA Metadata File".
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits

from gpucal.simulate.metadata import PROGRAM

SHUTTER_COLUMNS = [
    ("slitlet_id", "i2"),
    ("msa_metadata_id", "i2"),
    ("shutter_quadrant", "i2"),
    ("shutter_row", "i2"),
    ("shutter_column", "i2"),
    ("source_id", "i2"),
    ("background", "S1"),
    ("shutter_state", "S6"),
    ("estimated_source_in_shutter_x", "f4"),
    ("estimated_source_in_shutter_y", "f4"),
    ("dither_point_index", "i2"),
    ("primary_source", "S1"),
    ("fixed_slit", "S7"),
]
SOURCE_COLUMNS = [
    ("program", "i4"),
    ("source_id", "i4"),
    ("source_name", "S20"),
    ("alias", "S31"),
    ("catalog_id", "S20"),
    ("ra", "f8"),
    ("dec", "f8"),
    ("preimage_id", "S30"),
    ("stellarity", "f8"),
]
CONFIGURATION = 1  # MSAMETID


@dataclass(frozen=True)
class Slitlet:
    """Open shutters one above the other, and the source in them.

    Attributes
    ----------
    number : int
    quadrant, row : int
        Where it is, from 1; `row` counts along the dispersion.
    columns : tuple of int
        Its open shutters, from 1.
    source : int or None
        Positive for a source, negative for a place without one that is handled as one; None for background alone.
    middle : int or None
        Column of the source in the first exposure; the nods move it by `nods` shutters.
    place : tuple of float
        Where in its shutter the source is, from 0 to 1 across and along; NaN if it isn't known.
    stellarity : float
        Above 0.75 or below 0 the source counts as a point.
    """

    number: int
    quadrant: int
    row: int
    columns: tuple[int, ...]
    source: int | None = None
    middle: int | None = None
    place: tuple[float, float] = (0.5, 0.5)
    stellarity: float = 1.0


@dataclass(frozen=True)
class SlitInUse:
    """A fixed slit with a source, beside the shutters.

    Attributes
    ----------
    name : str
    source : int
    place : tuple of float
    stellarity : float
    """

    name: str
    source: int
    place: tuple[float, float] = (0.5, 0.5)
    stellarity: float = 1.0


@dataclass(frozen=True)
class MsaConfiguration:
    """What is open, and how the sources move through it.

    Attributes
    ----------
    slitlets : tuple of Slitlet
    fixed_slits : tuple of SlitInUse
    nods : tuple of int
        By how many shutters each exposure has the sources moved along the slitlets.
    sky : dict
        Source -> its right ascension and declination, degrees.
    """

    slitlets: tuple[Slitlet, ...]
    fixed_slits: tuple[SlitInUse, ...] = ()
    nods: tuple[int, ...] = (0, 1, -1)
    sky: dict = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the file; one that is there is replaced."""
        image = np.zeros((2 * 171, 2 * 365), np.float32)
        hdus = fits.HDUList(
            [
                fits.PrimaryHDU(),
                fits.ImageHDU(image, name="SHUTTER_IMAGE"),
                fits.BinTableHDU(np.array(self._shutter_rows(), SHUTTER_COLUMNS), name="SHUTTER_INFO"),
                fits.BinTableHDU(np.array(self._source_rows(), SOURCE_COLUMNS), name="SOURCE_INFO"),
            ]
        )
        hdus[0].header["PROGRAM"], hdus[0].header["TELESCOP"] = PROGRAM, "JWST"
        hdus.writeto(path, overwrite=True)

    def _shutter_rows(self):
        rows = []
        for dither, nod in enumerate(self.nods, 1):
            for slitlet in self.slitlets:
                main = None if slitlet.source is None else slitlet.middle + nod
                rows += [
                    self._shutter_row(slitlet, column, column == main, dither) for column in slitlet.columns
                ]
            for slit in self.fixed_slits:
                start = (0, CONFIGURATION, 0, 0, 0, slit.source, "N", "OPEN", *slit.place)
                rows.append((*start, dither, "Y", slit.name))
        return rows

    @staticmethod
    def _shutter_row(slitlet, column, is_main, dither):
        place = slitlet.place if is_main else (np.nan, np.nan)
        return (
            slitlet.number,
            CONFIGURATION,
            slitlet.quadrant,
            slitlet.row,
            column,
            slitlet.source or 0,
            "N" if is_main else "Y",
            "OPEN",
            *place,
            dither,
            "Y" if is_main else "N",
            "NONE",
        )

    def _source_rows(self):
        rows = []
        for one in (*self.slitlets, *self.fixed_slits):
            if one.source is not None:
                ra, dec = self.sky.get(one.source, (0.0, 0.0))
                label = f"VRT{-one.source}" if one.source < 0 else str(one.source)
                name = f"{int(PROGRAM)}_{label}"
                rows.append((int(PROGRAM), one.source, name, label, label, ra, dec, "None", one.stellarity))
        return rows
