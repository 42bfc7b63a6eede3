"""The optics of MIRI's medium-resolution spectrometer: where on the sky, and at which wavelength, a pixel looks."""

import lzma
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from gpucal.simulate.spectra.ifu.mrs_settings import CHANNEL, SHAPE, MrsSetting

FILES = Path(__file__).with_name("mrs_calibration")
EDGE = 0.12  # arcsec: how softly the throughput of a slice falls at its ends
LEAST = 0.05  # throughput below which a pixel belongs to no slice
MARGIN = 0.25  # arcsec beside half the throughput that are looked at
NEAREST = 8  # steps by which the middle of a slice is found


def reference_bytes(name: str) -> bytes:
    """A reference of the optics: ``reference_bytes("mrs12A_distortion")``."""
    return lzma.decompress((FILES / f"jwst_miri_{name}_flt9.asdf.xz").read_bytes())


@dataclass(frozen=True)
class MrsSlice:
    """A slice on its detector.

    Attributes
    ----------
    number : int
        The channel times 100, and the slice from 1.
    beta, width : float
        Where its middle is across slices, and how wide it is; arcsec.
    columns : slice
        The columns that it may have light in.
    along, wavelengths : ndarray (rows, columns), float64
        Place along the slice, arcsec, and wavelength, micron, of the middles of pixels.
    throughput : ndarray (rows, columns), float64
        0 to 1; 0 where the pixel is another slice's or nobody's.
    """

    number: int
    beta: float
    width: float
    columns: slice
    along: np.ndarray
    wavelengths: np.ndarray
    throughput: np.ndarray

    @property
    def channel(self) -> int:
        """From 1."""
        return self.number // 100


@dataclass(frozen=True)
class MrsOptics:
    """All slices of a setting.

    Attributes
    ----------
    slices : tuple of MrsSlice
    to_telescope : dict
        Channel -> callable from places along and across slices to V2 and V3, all arcsec.
    """

    slices: tuple[MrsSlice, ...]
    to_telescope: dict[int, Any]

    def map_of(self, value) -> np.ndarray:
        """An image with a value of each slice, ``value(slice)``, where it has light; NaN elsewhere."""
        image = np.full(SHAPE, np.nan)
        for one in self.slices:
            lit = one.throughput > 0
            image[:, one.columns][lit] = np.broadcast_to(value(one), lit.shape)[lit]
        return image


@cache
def mrs_optics(setting: MrsSetting) -> MrsOptics:
    """The optics of a setting, as its references have them."""
    import asdf

    with (
        asdf.open(BytesIO(reference_bytes(f"mrs{setting.name}_distortion")), lazy_load=False) as places,
        asdf.open(BytesIO(reference_bytes(f"mrs{setting.name}_specwcs")), lazy_load=False) as waves,
    ):
        width = _by_channel(places["bdel"], "delta_beta")
        to_telescope = _by_channel(places["abv2v3_model"], "model")
        kept = [places[name] for name in ("slices", "alpha_model", "beta_model", "x_model")]
        slices = [
            _slice(number, width[number // 100], alpha, float(beta.amplitude.value), x, wave)
            for number, alpha, beta, x, wave in zip(*kept, waves["model"], strict=True)
        ]
    return MrsOptics(tuple(slices), to_telescope)


def _by_channel(table, column):
    return {int(name[0]): value for name, value in zip(table["channel_band"], table[column], strict=True)}


def _slice(number, width, alpha, beta, x_of, wave_of):
    columns = _columns(number // 100, alpha, x_of, wave_of)
    y, x = np.mgrid[: SHAPE[0], columns].astype(float)
    along = alpha(y, x)
    throughput = _fall(along, CHANNEL[number // 100].half_slice)
    throughput[throughput < LEAST] = 0
    return MrsSlice(number, beta, width, columns, along, wave_of(y, x), throughput)


def _columns(channel, alpha, x_of, wave_of):
    """Columns about the middle of a slice, in all rows; beyond them its polynomials may come round again."""
    rows = np.array([0.0, (SHAPE[0] - 1) / 2, SHAPE[0] - 1.0])
    x = np.full(3, SHAPE[1] / 2)
    for _ in range(NEAREST):
        x = x_of(wave_of(rows, np.clip(x, 0, SHAPE[1] - 1)), np.zeros(3))
    scale = abs(float(alpha(rows[1], x[1] + 0.5) - alpha(rows[1], x[1] - 0.5)))
    reach = (CHANNEL[channel].half_slice + MARGIN) / scale
    return slice(max(int(x.min() - reach), 0), min(int(x.max() + reach) + 2, SHAPE[1]))


def _fall(along, half):
    from scipy.special import erfc

    return 0.5 * erfc((np.abs(along) - half) / EDGE)
