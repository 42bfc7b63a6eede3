"""The panels of a picture of a cube: its maps with the aperture, and its spectrum."""

from gpucal.pictures.cubes import CubePicture
from gpucal.pictures.panels import show_image
from gpucal.pictures.spectra import SlitSpectrum
from gpucal.pictures.spectrum_panels import APERTURE, show_spectrum

MARK = "tab:red"

# The size of a map, and the height of the spectrum, inches.
MAP, SPECTRUM = (5.2, 4.6), 3.6


def size_of(cube: CubePicture) -> tuple[float, float]:
    """Width and height of the picture, inches."""
    return MAP[0] * max(2, len(cube.maps)), MAP[1] + SPECTRUM


def show_cube(figure, cube: CubePicture) -> None:
    """All panels of a cube: a row of maps, and the spectrum below.

    Parameters
    ----------
    figure : matplotlib figure
    cube : CubePicture
    """
    grid = figure.add_gridspec(2, len(cube.maps), height_ratios=(MAP[1], SPECTRUM))
    for place, one in enumerate(cube.maps):
        axes = figure.add_subplot(grid[0, place], projection=cube.wcs)
        show_image(figure, axes, one.image, one.title, cube.unit)
        if cube.circle is not None:
            _show_aperture(axes, cube.circle)
        if cube.wcs is not None:
            axes.coords.grid(color="white", alpha=0.5, linestyle=":")
            axes.coords[0].set_axislabel("right ascension")
            axes.coords[1].set_axislabel("declination" if place == 0 else " ")
    axes = figure.add_subplot(grid[1, :])
    spectrum = SlitSpectrum(cube.title, wavelength=cube.wavelength, flux=cube.flux, flux_unit=cube.flux_unit)
    show_spectrum(axes, spectrum)
    for wavelength in cube.marked:
        axes.axvline(wavelength, color=MARK, lw=1.0, ls="--", alpha=0.7)


def _show_aperture(axes, circle: tuple[float, float, float]) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle(circle[:2], circle[2], fill=False, edgecolor=APERTURE, linewidth=1.2, label="aperture"))
    axes.legend(loc="upper right", fontsize="small", framealpha=0.7)
