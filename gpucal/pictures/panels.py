"""The panels of a picture: an image, flags, labels, sources."""

import numpy as np
from astropy import units
from astropy.visualization import AsinhStretch, ImageNormalize
from astropy.wcs import WCS

from gpucal.kernels.flags import dqflags
from gpucal.pictures.sources import Sources

# The flags that are drawn, and their colours.
FLAG_COLORS = {
    "SATURATED": "tab:orange",
    "JUMP_DET": "tab:cyan",
    "OUTLIER": "tab:pink",
    "DO_NOT_USE": "tab:red",
}
SHOWN = (1, 99.8)  # percentiles of the values that are darkest and brightest
NO_FLAG = 0.08  # the grey of other pixels
NO_VALUE = "dimgray"
RINGS = {"star-like": "tab:cyan", "extended": "lime"}
DOTS = {"star-like": "o", "extended": "D"}


def show_image(figure, axes, image: np.ndarray, title: str, unit: str) -> None:
    """An image in an asinh stretch, with a bar of its values; pixels without a value are grey.

    Parameters
    ----------
    figure, axes : matplotlib objects
    image : (ny, nx) array
    title, unit : str
    """
    finite = image[np.isfinite(image)]
    darkest, brightest = np.percentile(finite, SHOWN) if finite.size else (0.0, 1.0)
    norm = ImageNormalize(vmin=darkest, vmax=brightest, stretch=AsinhStretch(0.1))
    drawn = axes.imshow(image, norm=norm, origin="lower", cmap="inferno", interpolation="none")
    axes.set_facecolor(NO_VALUE)
    axes.set_title(title)
    figure.colorbar(drawn, ax=axes, label=unit, shrink=0.9)


def show_flags(axes, dq: np.ndarray, title: str) -> None:
    """Flags in colour, the rarer ones over the others, with the fraction of pixels that have them.

    Parameters
    ----------
    axes : matplotlib axes
    dq : (ny, nx) uint array
    title : str
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    masks = {name: (dq & getattr(dqflags, name)) != 0 for name in FLAG_COLORS}
    image = np.full((*dq.shape, 3), NO_FLAG)
    legend = []
    for name, mask in sorted(masks.items(), key=lambda item: -np.count_nonzero(item[1])):
        image[mask] = to_rgb(FLAG_COLORS[name])
        legend.append(Patch(color=FLAG_COLORS[name], label=f"{name} ({mask.mean():.2%})"))
    axes.imshow(image, origin="lower", interpolation="none")
    axes.set_title(title)
    axes.legend(handles=legend, loc="upper right")


def show_labels(axes, labels: np.ndarray) -> None:
    """The segments of a map, neighbours in different colours.

    Parameters
    ----------
    axes : matplotlib axes
    labels : (ny, nx) uint array
        0 where there is no source.
    """
    from matplotlib import colormaps

    palette = np.array(colormaps["tab20"].colors)
    image = palette[labels % len(palette)]
    image[labels == 0] = NO_FLAG
    axes.imshow(image, origin="lower", interpolation="none")
    axes.set_title(f"{np.count_nonzero(np.unique(labels))} segments")


def show_sources(axes, sources: Sources, wcs: WCS | None, shape: tuple[int, int]) -> None:
    """Rings round those sources that lie on an image, and how many there are.

    Parameters
    ----------
    axes : matplotlib axes
    sources : Sources
    wcs : WCS or None
        Of the image.
    shape : tuple of int
        Its rows and columns.
    """
    x, y = sources.on(wcs)
    inside = (x > -0.5) & (x < shape[1] - 0.5) & (y > -0.5) & (y < shape[0] - 0.5)
    for kind, color in RINGS.items():
        chosen = inside & (sources.is_extended == (kind == "extended"))
        if chosen.any():
            label = f"{kind} ({np.count_nonzero(chosen)})"
            axes.scatter(x[chosen], y[chosen], s=60, facecolors="none", edgecolors=color, linewidths=0.9, label=label)
    axes.set_xlim(-0.5, shape[1] - 0.5)
    axes.set_ylim(-0.5, shape[0] - 0.5)
    if inside.any():
        axes.legend(loc="upper right", framealpha=0.8)


def show_plane(figure, axes, sources: Sources) -> None:
    """The sources of a catalog on a plane of their own, the brighter ones larger.

    Parameters
    ----------
    figure, axes : matplotlib objects
    sources : Sources
    """
    if sources.sky is not None and len(sources):
        first = sources.sky[0]
        middle = first.spherical_offsets_by(*map(np.nanmedian, first.spherical_offsets_to(sources.sky)))
        x, y = (offset.to_value(units.arcsec) for offset in middle.spherical_offsets_to(sources.sky))
        axes.set_xlabel(f"east of {middle.icrs.ra.to_string(units.hourangle, sep=':', precision=2)}, arcsec")
        axes.set_ylabel(f"north of {middle.icrs.dec.to_string(sep=':', precision=1)}, arcsec")
        axes.invert_xaxis()
    else:
        x, y = sources.on(None)
        axes.set_xlabel("x, pixels")
        axes.set_ylabel("y, pixels")
    if len(sources):
        _dots(figure, axes, sources, x, y)
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    axes.set_title(f"{len(sources)} sources")


def _dots(figure, axes, sources, x, y):
    """Dots by magnitude; those without one are as the faintest."""
    magnitude = sources.magnitude if sources.magnitude is not None else np.full(len(sources), np.nan)
    brightest, faintest = np.nanquantile(magnitude, (0, 1)) if np.isfinite(magnitude).any() else (0.0, 0.0)
    magnitude = np.where(np.isfinite(magnitude), magnitude, faintest)
    sizes = 8 + 90 * 10 ** (-0.2 * (magnitude - brightest))
    for kind, mark in DOTS.items():
        chosen = sources.is_extended == (kind == "extended")
        if chosen.any():
            drawn = axes.scatter(
                x[chosen], y[chosen], s=sizes[chosen], c=magnitude[chosen], marker=mark, cmap="viridis",
                vmin=brightest, vmax=faintest, label=f"{kind} ({np.count_nonzero(chosen)})",
            )  # fmt: skip
    axes.legend(loc="upper right")
    if faintest > brightest:
        figure.colorbar(drawn, ax=axes, label="AB magnitude", shrink=0.9)
