"""The panels of a picture of slits: each slit with its aperture, and its spectrum."""

import numpy as np

from gpucal.pictures.panels import show_image
from gpucal.pictures.spectra import ALONG_X, SlitSpectrum

APERTURE, BACKGROUND, TRACE = "lime", "tab:cyan", "white"

# Of each slit, so many inches; and no more slits than this.
ROW = (15.0, 3.2)
MOST = 12

# Parts of the fluxes that are beyond the lower and the upper end of a panel.
SHOWN = (0.5, 99.5)


def show_slit(figure, axes, slit: SlitSpectrum) -> None:
    """A slit: its aperture, the trace in the middle of it, and the regions of its background.

    Parameters
    ----------
    figure, axes : matplotlib objects
    slit : SlitSpectrum
    """
    show_image(figure, axes, slit.image, slit.name, slit.unit)
    axes.set_aspect("auto")
    if slit.aperture is None:
        return
    along_x = slit.direction == ALONG_X
    span = axes.axhspan if along_x else axes.axvspan
    line = axes.axhline if along_x else axes.axvline
    for low, high in slit.background:
        span(low, high, color=BACKGROUND, alpha=0.25, lw=0)
    across = slit.aperture[1 if along_x else 0]
    for edge in across:
        line(edge, color=APERTURE, lw=1.2)
    line(sum(across) / 2, color=TRACE, lw=0.8, ls=":")
    axes.legend(handles=_legend(bool(slit.background)), loc="upper right", fontsize="small", framealpha=0.7)


def _legend(has_background: bool):
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    made = [Line2D([], [], color=APERTURE, label="aperture"), Line2D([], [], color="gray", ls=":", label="trace")]
    return made + ([Patch(color=BACKGROUND, alpha=0.4, label="background")] if has_background else [])


def show_spectrum(axes, slit: SlitSpectrum) -> None:
    """The flux of a slit by wavelength, with its errors.

    Parameters
    ----------
    axes : matplotlib axes
    slit : SlitSpectrum
    """
    axes.plot(slit.wavelength, slit.flux, color="black", lw=0.8, drawstyle="steps-mid")
    if slit.error is not None:
        axes.fill_between(
            slit.wavelength, slit.flux - slit.error, slit.flux + slit.error, color="tab:orange", alpha=0.4, lw=0
        )
    finite = slit.flux[np.isfinite(slit.flux)]
    if finite.size:
        low, high = np.percentile(finite, SHOWN)
        margin = 0.1 * (high - low) or 1.0
        axes.set_ylim(low - margin, high + margin)
    axes.set_xlabel("wavelength, micron")
    axes.set_ylabel(f"flux, {slit.flux_unit}")
    axes.set_title(slit.name)
    axes.grid(alpha=0.3)
