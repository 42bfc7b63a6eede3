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
        rows = fits.getdata(self.paths["photom"], "PHOTOM")
        wanted = (rows["filter"] == self.filter) & (rows["grating"] == self.grating)
        if "slit" in rows.names:
            wanted &= rows["slit"] == slit.name
        place = int(np.flatnonzero(wanted)[0])
        with fits.open(self.paths["photom"]) as hdus:
            change = change_with_time(hdus, place, self.day)
        return change / (rows[place]["photmj"] * response_at(rows[place], wavelengths))

    def pixel_area(self, slit) -> float:
        """Solid angle of a pixel, steradians."""
        rows = fits.getdata(self.paths["area"], "AREA")
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
        for kind in ("sflat", "dflat"):
            with fits.open(self.paths[kind]) as hdus:
                total = total * _fast(hdus["FAST_VARIATION"].data, slit.name, wavelengths)
                total = total * _slow(hdus, wavelengths, window)
        return total

    def _fore(self, slit, wavelengths):
        with fits.open(self.paths["fflat"]) as hdus:
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

    def offset(self, slit, wavelengths):
        """How far a source that is not in the middle shifts its spectrum, pixels; wavelengths in micron."""
        name = "MOS" if self.exp_type == "NRS_MSASPEC" else slit.name
        with datamodels.WaveCorrModel(str(self.paths["wavecorr"])) as model:
            table = next(one.zero_point_offset for one in model.apertures if one.aperture_name == name)
            table.bounds_error, table.fill_value = False, None
            found = table(
                np.nan_to_num(wavelengths, nan=3.0).ravel() * MICRON,
                np.full(wavelengths.size, slit.source_xpos),
            )
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


def _slow(hdus, wavelengths, window):
    """The slow part: an image, or images between which it changes with wavelength; 1 where it is not to be used."""
    data = hdus["SCI"].section[..., *window].astype(float)
    unfit = hdus["DQ"].section[..., *window] & DO_NOT_USE != 0
    data[np.broadcast_to(unfit, data.shape) | (data == 0)] = np.nan
    if data.ndim == 3:
        planes = hdus["WAVELENGTH"].data["wavelength"].ravel()
        share = np.clip((wavelengths - planes[0]) / (planes[1] - planes[0]), 0, 1)
        data = data[0] * (1 - share) + data[1] * share
    return np.nan_to_num(data, nan=1.0)
