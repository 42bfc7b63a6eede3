"""The picture of a search for a companion: how much better it makes the fit, over the sky."""

from pathlib import Path

import numpy as np


def draw_search(path: Path, grid, sums, best, title: str) -> Path:
    """Draw the map of a search, each place with the contrast that fits best there, and that contrast.

    Parameters
    ----------
    path : Path
        The picture.
    grid : Grid
        Of `gpucal.steps.parts.interferometry.companion_search`, as is ``best``.
    sums : (nseparations, nangles, ncontrasts) float array
    best : Companion
    title : str

    Returns
    -------
    Path
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    gain = best.chi2_alone - sums.min(axis=2)
    contrast = grid.contrasts[np.argmin(sums, axis=2)]
    panels = ((gain, "fall of chi2 against the star alone"), (np.log10(contrast), "best contrast, log10"))
    for place, (values, name) in enumerate(panels, start=1):
        axes = figure.add_subplot(1, 2, place)
        shown = axes.pcolormesh(*corners_of(grid), values, cmap="viridis")
        figure.colorbar(shown, ax=axes, label=name, shrink=0.85)
        angle = np.deg2rad(best.angle)
        axes.plot(
            best.separation * np.sin(angle),
            best.separation * np.cos(angle),
            "o",
            mec="red",
            mfc="none",
            ms=12,
        )
        axes.plot(0, 0, "*", color="white", ms=10)
        axes.set_aspect("equal")
        axes.invert_xaxis()
        axes.set_xlabel("east of the star, mas")
        axes.set_ylabel("north of the star, mas")
    figure.suptitle(
        f"{title}: {best.separation:.1f} mas at {best.angle:.1f} deg, contrast {best.contrast:.4f}, "
        f"{best.significance:.1f} sigma"
    )
    figure.savefig(path, dpi=110)
    return path


def corners_of(grid) -> tuple[np.ndarray, np.ndarray]:
    """East and north of the corners of all cells of the grid, (nseparations + 1, nangles + 1) arrays."""
    step = np.diff(grid.separations).mean() if len(grid.separations) > 1 else 1.0
    radii = np.append(grid.separations - 0.5 * step, grid.separations[-1] + 0.5 * step)
    turn = grid.angles[1] - grid.angles[0]
    angles = np.deg2rad(np.append(grid.angles - 0.5 * turn, grid.angles[-1] + 0.5 * turn))
    return radii[:, None] * np.sin(angles), radii[:, None] * np.cos(angles)
