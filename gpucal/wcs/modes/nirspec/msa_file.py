"""Slitlets of shutters, as the metadata file of the micro-shutter array tells them.

The file has a row for each open shutter of each configuration and dither point. Shutters of a slitlet share its
number; the one with the source is marked primary. A slitlet without such a shutter sees the background. Fixed slits
with a source have a row, too.

Source: "MSA metadata file", https://jwst-pipeline.readthedocs.io/en/latest/jwst/data_products/msa_metadata.html.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits

from gpucal.errors import GpucalError
from gpucal.wcs.modes.nirspec.fixed_slits import QUADRANT
from gpucal.wcs.modes.nirspec.open_slits import FIXED_SLITS, OpenSlit, number_of_fixed_slit

log = logging.getLogger(__name__)

# Shutters of a row of a quadrant, and rows; quadrants.
_ROW, _NROWS, _NQUADRANTS = 365, 171, 4

# Pitch of shutters along a slitlet, in units of their open height, and what is seen beyond the open shutters.
_PITCH, _MARGIN = 1.15, 0.5

# Pitch over open width and height where the msa reference does not tell.
_USUAL_SCALES = (1.35, 1.15)

_CENTER = 0.5

# The columns that are used; an early file has none of fixed slits.
_OF_SHUTTERS = (
    "slitlet_id", "msa_metadata_id", "shutter_quadrant", "shutter_row", "shutter_column", "source_id", "background",
    "estimated_source_in_shutter_x", "estimated_source_in_shutter_y", "dither_point_index", "primary_source",
)  # fmt: skip
_OF_SOURCES = ("source_id", "source_name", "alias", "ra", "dec", "stellarity")


class MsaFileError(GpucalError):
    """The metadata file of the shutters cannot be used."""


class Configuration(NamedTuple):
    """Which shutters were open in an exposure.

    Attributes
    ----------
    path : pathlib.Path
        The metadata file.
    number : int
        Of the configuration of shutters.
    dither : int
        Which point of the dither pattern, from 1.
    program : str
        Number of the observing program, for names of sources.
    """

    path: Path
    number: int
    dither: int
    program: str

    def __str__(self) -> str:
        return f"{self.path} (MSAMETID {self.number}, PATT_NUM {self.dither})"


def slitlets_of(
    configuration: Configuration, ymin: float, ymax: float, scales: Mapping[int, tuple[float, float]]
) -> list[OpenSlit]:
    """The open slitlets and fixed slits of a configuration, in the order of the file.

    Parameters
    ----------
    configuration : Configuration
    ymin, ymax : float
        Ends of a slit, in units of its open height from the center.
    scales : mapping
        For quadrants 1 to 4: pitch of shutters over open width and height; see `pitch_scales`.

    Raises
    ------
    MsaFileError
        If the file cannot be read, or says something impossible of a slitlet.
    """
    shutters, sources = _tables(configuration.path)
    chosen = (shutters["msa_metadata_id"] == configuration.number) & (
        shutters["dither_point_index"] == configuration.dither
    )
    if not chosen.any():
        log.warning("No shutter is open in %s", configuration)
    reader = _Reader(configuration, sources, (ymin, ymax), scales)
    slits = [reader.slit_of(name, rows) for name, rows in _slitlets(shutters[chosen]).items()]
    return [slit for slit in slits if slit is not None]


def pitch_scales(msa) -> dict[int, tuple[float, float]]:
    """The pitch of shutters over their open width and height, by quadrant, of the tree of an msa reference."""
    scales = {}
    for quadrant in (1, 2, 3, 4):
        rows = msa[f"Q{quadrant}"]["data"]
        across = (rows["XC"][1] - rows["XC"][0]) / rows["SIZEX"][0]
        scales[quadrant] = float(across), float(rows["YC"][_ROW] / rows["SIZEY"][0])
    return scales


def _tables(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The tables of shutters and of sources."""
    try:
        with fits.open(path, memmap=False) as file:
            tables = {name: _plain(file[name].data) for name in ("SHUTTER_INFO", "SOURCE_INFO")}
    except FileNotFoundError:
        raise MsaFileError(f"{path}: there is no such MSA metadata file; MSAMETFL names it") from None
    except (OSError, KeyError, TypeError, AttributeError) as error:
        raise MsaFileError(f"{path}: cannot be read as MSA metadata file ({error})") from error
    for (name, table), columns in zip(tables.items(), (_OF_SHUTTERS, _OF_SOURCES), strict=True):
        if missing := [column for column in columns if column not in table.dtype.names]:
            raise MsaFileError(f"{path}: table {name} lacks {', '.join(missing)}: this is no whole MSA metadata file")
    return tables["SHUTTER_INFO"], tables["SOURCE_INFO"]


def _plain(table) -> np.ndarray:
    """A table of FITS with texts in place of bytes."""
    names = table.columns.names
    return np.rec.fromarrays([np.array(table[name]) for name in names], names=names).view(np.ndarray)


def _slitlets(rows: np.ndarray) -> dict[int | str, np.ndarray]:
    """The rows of slitlets, by their number, or by the name of a fixed slit."""
    names = rows["fixed_slit"] if "fixed_slit" in rows.dtype.names else [""] * len(rows)
    keys = [
        str(name) if str(name) in FIXED_SLITS else int(number)
        for name, number in zip(names, rows["slitlet_id"], strict=True)
    ]
    return {key: rows[[one == key for one in keys]] for key in dict.fromkeys(keys)}


class _Reader(NamedTuple):
    """What slits of a configuration are made with."""

    configuration: Configuration
    sources: np.ndarray
    ends: tuple[float, float]
    scales: Mapping[int, tuple[float, float]]

    def slit_of(self, name: int | str, rows: np.ndarray) -> OpenSlit | None:
        """A slit, of the rows of its shutters; None if there is nothing in it to calibrate."""
        primary = rows[rows["primary_source"] == "Y"]
        if len(primary) > 1:
            raise self._error(name, f"{len(primary)} shutters have the primary source; there can be one")
        if isinstance(name, str):
            return self._fixed(name, rows, len(primary) == 1)
        return self._slitlet(name, rows, primary[0]) if len(primary) else self._background(name, rows)

    def _fixed(self, name: str, rows: np.ndarray, has_source: bool) -> OpenSlit | None:
        if len(rows) > 1:
            raise self._error(name, "a fixed slit has more than one row")
        if not has_source:
            log.warning("Fixed slit %s has no primary source in %s: it is left out", name, self.configuration)
            return None
        slit = OpenSlit(
            name=name,
            shutter_id=FIXED_SLITS[name] - 1,
            ymin=self.ends[0],
            ymax=self.ends[1],
            quadrant=QUADRANT,
            shutter_state="x",
            slit_id=number_of_fixed_slit(name),
        )
        return self._completed(slit, rows[0], rows[0]["source_id"])

    def _slitlet(self, name: int, rows: np.ndarray, primary) -> OpenSlit:
        main = rows[rows["background"] == "N"]
        if not len(main):
            raise self._error(name, "all of its shutters see the background, though one has the primary source")
        return self._completed(self._of_shutters(name, rows, main[0]), main[0], primary["source_id"])

    def _background(self, name: int, rows: np.ndarray) -> OpenSlit:
        columns = rows["shutter_column"]
        middle = int(columns.min()) + (int(columns.max()) - int(columns.min())) // 2
        slit = self._of_shutters(name, rows, rows[0], middle)
        log.info("Slitlet %d sees the background; its source gets the number of the slitlet", name)
        named = self._named("BKG", name)
        return self._placed(slit._replace(source_id=name, **named), _CENTER, _CENTER)

    def _of_shutters(self, name: int, rows: np.ndarray, main, column: int | None = None) -> OpenSlit:
        """A slitlet about its main shutter, or one in another column."""
        column = int(main["shutter_column"]) if column is None else column
        columns = rows["shutter_column"].astype(int)
        row, quadrant = int(main["shutter_row"]), int(main["shutter_quadrant"])
        if not (1 <= row <= _ROW and 1 <= column <= _NROWS and 1 <= quadrant <= _NQUADRANTS):
            raise self._error(name, f"there is no shutter in row {row} and column {column} of quadrant {quadrant}")
        return OpenSlit(
            name=name,
            shutter_id=row + (column - 1) * _ROW,
            xcen=row,
            ycen=column,
            ymin=-(-self.ends[0] + _MARGIN) + (int(columns.min()) - column) * _PITCH,
            ymax=self.ends[1] + _MARGIN + (int(columns.max()) - column) * _PITCH,
            quadrant=quadrant,
            shutter_state=_state_of(columns, column),
            slit_id=name,
        )

    def _completed(self, slit: OpenSlit, main, source_id) -> OpenSlit:
        """A slit with its source, at the place in the shutter where it is expected; the middle if that is not known."""
        found = self.sources[self.sources["source_id"] == source_id]
        if len(found):
            values = found[0]
            source = {
                "source_name": str(values["source_name"]),
                "source_alias": str(values["alias"]),
                "stellarity": float(values["stellarity"]),
                "source_ra": float(values["ra"]),
                "source_dec": float(values["dec"]),
            }
        else:
            source = self._named("VRT", slit.name)
            log.warning("%s: source %d of slit %s is not listed: virtual", self.configuration, source_id, slit.name)
        places = (main[f"estimated_source_in_shutter_{axis}"] for axis in "xy")
        return self._placed(slit._replace(source_id=int(source_id), **source), *places)

    def _placed(self, slit: OpenSlit, x, y) -> OpenSlit:
        across, along = self.scales.get(slit.quadrant, _USUAL_SCALES)
        x, y = (float(np.nan_to_num(place, nan=_CENTER) - np.asarray(place).dtype.type(_CENTER)) for place in (x, y))
        return slit._replace(
            dither_position=self.configuration.dither,
            source_xpos=x,
            source_ypos=y,
            slit_xscale=across,
            slit_yscale=along,
        )

    def _named(self, kind: str, name: int | str) -> dict[str, str]:
        """The names of a source that the file does not have."""
        return {"source_name": f"{self.configuration.program}_{kind}{name}", "source_alias": f"{kind}{name}"}

    def _error(self, name: int | str, reason: str) -> MsaFileError:
        return MsaFileError(f"{self.configuration}: slitlet {name}: {reason}")


def _state_of(columns: np.ndarray, main: int) -> str:
    """A character for each shutter from the first to the last open one: 0 closed, 1 open, x the main one."""
    opened = set(columns.tolist())
    return "".join(
        "x" if column == main else str(int(column in opened)) for column in range(min(opened), max(opened) + 1)
    )
