"""What NIRSpec makes of light, as its references tell: the way back from fluxes to count rates."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.io import fits

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.simulate.spectra.throughput import at_place, change_with_time, response_at
from gpucal.startup.lazy import datamodels

MICRON = 1e-6
SOME_WAVELENGTH = 3.0  # micron
SQUARE_ARCSEC = (np.pi / 180 / 3600) ** 2


@dataclass(frozen=True)
class SlitResponse:
    """The references of an exposure.

    Attributes
    ----------
    paths : dict of Path
    exp_type, filter, grating : str
    day : float
        MJD of the middle of the exposure.
    """

    paths: dict[str, Path]
    exp_type: str
    filter: str
    grating: str
    day: float

    def counts_per_flux(self, slit, wavelengths):
        """DN/s that a flux of 1 MJy makes when all of it arrives, same shape as the wavelengths (micron)."""
        hdus = self._photom
        rows = hdus["PHOTOM"].data
        wanted = (rows["filter"] == self.filter) & (rows["grating"] == self.grating)
        if "slit" in rows.names:
            wanted &= rows["slit"] == slit.name
        place = int(np.flatnonzero(wanted)[0])
        change = change_with_time(hdus, place, self.day)
        return change / (rows[place]["photmj"] * response_at(rows[place], wavelengths))

    @cached_property
    def _photom(self):
        return _tables(self.paths["photom"])

    @cached_property
    def _areas(self):
        return _tables(self.paths["area"])["AREA"].data

    def pixel_area(self, slit) -> float:
        """Solid angle of a pixel, steradians."""
        rows = self._areas
        if "slit_id" in rows.names:
            wanted = rows["slit_id"] == slit.name
        else:
            wanted = (rows["quadrant"] == slit.quadrant) & (rows["shutter_x"] == slit.xcen)
            wanted &= rows["shutter_y"] == slit.ycen
        return float(rows["pixarea"][wanted][0]) * SQUARE_ARCSEC

    def flat(self, slit, wavelengths, window):
        """The flat field of pixels.

        Parameters
        ----------
        slit : OpenSlit
        wavelengths : ndarray (ny, nx)
            Micron.
        window : tuple of slice
            Rows and columns of the full frame.
        """
        total = self._fore(slit, wavelengths)
        for images in (self._spectrograph, self._detector):
            total = total * _fast(images.table, slit.name, wavelengths) * images.at(wavelengths, window)
        return total

    @cached_property
    def _spectrograph(self):
        return FlatImages.read(self.paths["sflat"])

    @cached_property
    def _detector(self):
        return FlatImages.read(self.paths["dflat"])

    @cached_property
    def _fore_optics(self):
        return _tables(self.paths["fflat"])

    def _fore(self, slit, wavelengths):
        hdus = self._fore_optics
        if self.exp_type != "NRS_MSASPEC":
            return _fast(hdus["FAST_VARIATION"].data, slit.name, wavelengths)
        planes = hdus["WAVELENGTH", slit.quadrant].data["wavelength"].ravel()
        shutter = hdus["SCI", slit.quadrant].data[:, slit.ycen - 1, slit.xcen - 1]
        table = hdus["FAST_VARIATION", slit.quadrant].data
        return _fast(table, "ANY", wavelengths) * np.interp(wavelengths, planes, shutter)

    @cached_property
    def _losses(self):
        with datamodels.PathlossModel(str(self.paths["pathloss"])) as model:
            return {one.name.upper(): one.instance for one in model.apertures}

    def passed_point(self, slit, wavelengths):
        """Share of a point's light that passes its slit."""
        if "pathloss" not in self.paths:
            return np.ones_like(wavelengths)
        x, y = slit.source_xpos, slit.source_ypos
        if self.exp_type == "NRS_MSASPEC":
            below, above = _neighbours(slit.shutter_state)
            y += (not above) - (not below) if below != above else 0
        aperture = self._aperture(slit)
        data, wcs = aperture["pointsource_data"], aperture["pointsource_wcs"]
        column, row = ((place - wcs[f"crval{n}"]) / wcs[f"cdelt{n}"] for n, place in ((1, x), (2, y)))
        vector = at_place(data, row, column)
        planes = (wcs["crval3"] + np.arange(len(vector)) * wcs["cdelt3"]) / MICRON
        return np.interp(wavelengths, planes, vector)

    def passed_evenly(self, slit, wavelengths):
        """Share of an even source's light that passes a slit."""
        if "pathloss" not in self.paths:
            return np.ones_like(wavelengths)
        if self.exp_type == "NRS_MSASPEC" and len(slit.shutter_state) == 2:
            apertures = list(self._losses.values())
        else:
            apertures = [self._aperture(slit)]
        vector = np.mean([one["uniform_data"] for one in apertures], axis=0)
        wcs = apertures[0]["uniform_wcs"]
        planes = (wcs["crval1"] + np.arange(len(vector)) * wcs["cdelt1"]) / MICRON
        return np.interp(wavelengths, planes, vector)

    def _aperture(self, slit):
        if self.exp_type != "NRS_MSASPEC":
            return self._losses[slit.name]
        return self._losses["MOS1X3" if any(_neighbours(slit.shutter_state)) else "MOS1X1"]

    @cached_property
    def _offsets(self):
        with datamodels.WaveCorrModel(str(self.paths["wavecorr"])) as model:
            tables = {one.aperture_name: one.zero_point_offset.copy() for one in model.apertures}
        for table in tables.values():
            table.bounds_error, table.fill_value = False, None  # goes on in a straight line
        return tables

    def offset(self, slit, wavelengths):
        """How far a source that is not in the middle shifts its spectrum, pixels; wavelengths in micron."""
        name = "MOS" if self.exp_type == "NRS_MSASPEC" else slit.name
        places = np.full(wavelengths.size, slit.source_xpos)
        found = self._offsets[name](np.nan_to_num(wavelengths, nan=SOME_WAVELENGTH).ravel() * MICRON, places)
        return np.where(np.isfinite(wavelengths), found.reshape(wavelengths.shape), np.nan)


def _neighbours(state):
    """Whether the shutters below and above the main one are open."""
    place = state.index("x")
    return place > 0 and state[place - 1] != "0", place + 1 < len(state) and state[place + 1] != "0"


def _fast(table, name, wavelengths):
    """The fast part of a flat: the row of a slit, or of any."""
    row = next(one for one in table if one["slit_name"].strip() in (name, "ANY"))
    count = row["nelem"]
    x, y = row["wavelength"][:count], row["data"][:count]
    good = np.isfinite(y) & (y != 0)
    return np.interp(wavelengths, x[good], y[good])


@dataclass(frozen=True)
class FlatImages:
    """The images of a flat, and its table.

    Attributes
    ----------
    data, flags : ndarray (ny, nx) or (nplanes, ny, nx)
    planes : ndarray or None
        Wavelengths of the images, micron.
    table : ndarray
        The fast part.
    """

    data: np.ndarray
    flags: np.ndarray
    planes: np.ndarray | None
    table: np.ndarray

    @classmethod
    def read(cls, path) -> "FlatImages":
        """Those of a file."""
        with fits.open(path) as hdus:
            planes = hdus["WAVELENGTH"].data["wavelength"].ravel() if hdus["SCI"].data.ndim == 3 else None
            return cls(hdus["SCI"].data, hdus["DQ"].data, planes, hdus["FAST_VARIATION"].copy().data)

    def at(self, wavelengths, window):
        """The slow part at the pixels of a window; 1 where it is not to be used."""
        data = self.data[..., *window].astype(float)
        unfit = self.flags[..., *window] & DO_NOT_USE != 0
        data[np.broadcast_to(unfit, data.shape) | (data == 0)] = np.nan
        if self.planes is not None:
            first, last = self.planes
            share = np.clip((wavelengths - first) / (last - first), 0, 1)
            data = data[0] * (1 - share) + data[1] * share
        return np.nan_to_num(data, nan=1.0)


def _tables(path):
    """All of a small reference, in memory."""
    with fits.open(path, memmap=False) as hdus:
        return fits.HDUList([hdu.copy() for hdu in hdus])
