"""The panels of a picture of a series: spectra by time and wavelength, and curves by time."""

import numpy as np

from gpucal.pictures.series import Curve, SeriesPicture, Spectrogram

WIDTH, OF_SPECTROGRAM, OF_CURVES = 11.0, 4.5, 2.6  # inches
MINUTES = 1440
SHOWN = (2, 98)  # percentiles of a spectrogram that its colours span


def size_of(picture: SeriesPicture) -> tuple[float, float]:
    """Width and height, inches."""
    return WIDTH, OF_SPECTROGRAM * len(picture.spectrograms) + OF_CURVES * len(picture.panels) + 0.6


def show_series(figure, picture: SeriesPicture) -> None:
    """Draw all panels, one below another."""
    heights = [OF_SPECTROGRAM] * len(picture.spectrograms) + [OF_CURVES] * len(picture.panels)
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    start = _start(picture)
    for axes, spectrogram in zip(panels, picture.spectrograms, strict=False):
        show_spectrogram(figure, axes, spectrogram, start)
    for axes, (label, curves) in zip(panels[len(picture.spectrograms) :], picture.panels, strict=True):
        show_curves(axes, label, curves, start)
    panels[-1].set_xlabel(f"minutes from MJD {start:.5f}")


def _start(picture: SeriesPicture) -> float:
    times = [curve.time for _, curves in picture.panels for curve in curves]
    known = np.concatenate(times)
    known = known[np.isfinite(known)]
    return float(known.min()) if known.size else 0.0


def show_spectrogram(figure, axes, spectrogram: Spectrogram, start: float) -> None:
    """Spectra by time (along x) and wavelength, relative to their median."""
    finite = spectrogram.relative[np.isfinite(spectrogram.relative)]
    low, high = np.percentile(finite, SHOWN) if finite.size else (0.9, 1.1)
    known = np.isfinite(spectrogram.time)
    time, values = MINUTES * (spectrogram.time[known] - start), spectrogram.relative[known].T
    colours = {"vmin": low, "vmax": high, "shading": "nearest", "rasterized": True}
    drawn = axes.pcolormesh(time, spectrogram.wavelength, values, **colours)
    axes.set_ylabel("wavelength, micron")
    axes.set_title(spectrogram.name, fontsize="medium")
    figure.colorbar(drawn, ax=axes, label="flux / median")


def show_curves(axes, label: str, curves: tuple[Curve, ...], start: float) -> None:
    """Curves by time, with their errors."""
    for curve in curves:
        time = MINUTES * (curve.time - start)
        axes.errorbar(time, curve.values, curve.errors, fmt=".", ms=3, lw=0.6, label=curve.name)
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend(fontsize="small")
