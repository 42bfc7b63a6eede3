"""A picture of an exposure before and after stage 1."""

from pathlib import Path

import numpy as np
from astropy.visualization import AsinhStretch, ImageNormalize, PercentileInterval
from stdatamodels.jwst import datamodels
from stdatamodels.jwst.datamodels import dqflags

from gpucal.errors import GpucalError

# The flags that are drawn, and their colours.
COLORS = {"SATURATED": "tab:orange", "JUMP_DET": "tab:cyan", "DO_NOT_USE": "tab:red"}


def draw_before_and_after(raw: Path, rate: Path, picture: Path) -> Path:
    """Draw the raw last group beside the rate image with its data quality.

    Parameters
    ----------
    raw, rate : Path
        The level-1b exposure, and its rate product.
    picture : Path
        The PNG to write.

    Returns
    -------
    Path
        The picture.

    Raises
    ------
    GpucalError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise GpucalError("drawing needs matplotlib: pip install 'gpucal[plot]'") from error
    figure = Figure(figsize=(19, 6.4), layout="constrained")
    before, after, quality = figure.subplots(1, 3)
    with datamodels.open(raw) as model:
        _show(figure, before, model.data[0, -1].astype(np.float32), "raw, last group", "DN")
    with datamodels.open(rate) as model:
        _show(figure, after, model.data, "rate", "DN / s")
        _show_flags(quality, model.dq)
    figure.suptitle(rate.name)
    figure.savefig(picture, dpi=100)
    return picture


def _show(figure, axes, image: np.ndarray, title: str, unit: str) -> None:
    norm = ImageNormalize(image[np.isfinite(image)], PercentileInterval(99.5), stretch=AsinhStretch(0.1))
    drawn = axes.imshow(image, norm=norm, origin="lower", cmap="inferno", interpolation="none")
    axes.set_title(title)
    figure.colorbar(drawn, ax=axes, label=unit, shrink=0.9)


def _show_flags(axes, dq: np.ndarray) -> None:
    """Flags in colour, the rarer ones over the others, with the fraction of pixels that have them."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    masks = {name: (dq & dqflags.pixel[name]) != 0 for name in COLORS}
    image = np.full((*dq.shape, 3), 0.08)
    legend = []
    for name, mask in sorted(masks.items(), key=lambda item: -np.count_nonzero(item[1])):
        image[mask] = to_rgb(COLORS[name])
        legend.append(Patch(color=COLORS[name], label=f"{name} ({mask.mean():.2%})"))
    axes.imshow(image, origin="lower", interpolation="none")
    axes.set_title("data quality of the rate")
    axes.legend(handles=legend, loc="upper right")
