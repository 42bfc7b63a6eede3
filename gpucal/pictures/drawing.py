"""Pictures of products, each a PNG file."""

from pathlib import Path

from astropy.wcs import WCS

from gpucal.errors import GpucalError
from gpucal.pictures.contrast import holds_contrast, show_contrast
from gpucal.pictures.cube_panels import show_cube, size_of
from gpucal.pictures.cubes import CubePicture, cube_of, read_cube
from gpucal.pictures.panels import show_flags, show_image, show_labels, show_plane, show_sources
from gpucal.pictures.product import PictureError, Product, read_product
from gpucal.pictures.series import SeriesPicture, read_series
from gpucal.pictures.series_panels import show_series
from gpucal.pictures.series_panels import size_of as size_of_series
from gpucal.pictures.sources import beside, read_sources
from gpucal.pictures.spectra import SlitSpectrum, holds_spectra, read_spectra
from gpucal.pictures.spectrum_panels import MOST, ROW, show_slit, show_spectrum

PANEL = (9.5, 8.5)  # inches
DPI = 100


def draw(path: Path, picture: Path, catalog: Path | None = None, wavelengths: tuple[float, ...] = ()) -> Path:
    """Draw a product.

    An image is drawn in an asinh stretch with the grid of the sky, and its flags beside it; a segmentation map in
    colours; a catalog as a plane of its own. Slits are drawn with their apertures beside their spectra, if both are
    there; a cube as the mean of its planes and as maps of lines, with the aperture, above the spectrum. Of a series the
    light, the place and the background are drawn by time, and spectra by time and wavelength; of a contrast curve the
    limit, the noise and the throughput.

    Parameters
    ----------
    path : Path
        The product: FITS, or a catalog or a light curve in ECSV format.
    picture : Path
        The PNG to write.
    catalog : Path, optional
        Sources to mark; by default those of the ``_cat.ecsv`` that stands beside the product, if there is one.
    wavelengths : tuple of float
        Those that maps of a cube are drawn of, micron; by default the strongest lines.

    Returns
    -------
    Path
        The picture.

    Raises
    ------
    GpucalError
        The product or the catalog cannot be drawn, matplotlib is not installed, or the picture cannot be written.
    """
    if (series := read_series(path)) is not None:
        figure = _figure_of_series(series)
    elif path.suffix == ".ecsv" and holds_contrast(path):
        figure, (axes,) = _figure(1, None)
        show_contrast(axes, path)
    elif path.suffix == ".ecsv":
        sources = read_sources(path)
        figure, (axes,) = _figure(1, None)
        show_plane(figure, axes, sources)
    elif (cube := cube_of(path)) is not None:
        figure = _figure_of_cube(read_cube(cube, wavelengths))
    elif holds_spectra(path):
        figure = _figure_of_slits(read_spectra(path))
    else:
        product = read_product(path)
        catalog = catalog or beside(path)
        sources = read_sources(catalog) if catalog else None
        figure = _figure_of(product, sources)
    return _save(figure, path.name, picture)


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
        As of `draw`.
    """
    before, after = read_product(raw), read_product(rate)
    figure, panels = _figure(3, None)
    show_image(figure, panels[0], before.image, "raw, last group", before.unit)
    show_image(figure, panels[1], after.image, "rate", after.unit)
    show_flags(panels[2], after.dq, "data quality of the rate")
    return _save(figure, after.name, picture)


def _figure_of(product: Product, sources):
    figure, panels = _figure(1 if product.dq is None else 2, product.wcs)
    if product.is_labels:
        show_labels(panels[0], product.image)
    else:
        show_image(figure, panels[0], product.image, f"image{product.title}", product.unit)
    if product.dq is not None:
        show_flags(panels[1], product.dq, "data quality")
    if sources is not None:
        show_sources(panels[0], sources, product.wcs, product.image.shape)
    if product.wcs is not None:
        for axes in panels:
            axes.coords.grid(color="white", alpha=0.5, linestyle=":")
            axes.coords[0].set_axislabel("right ascension")
            axes.coords[1].set_axislabel("declination")
    return figure


def _figure_of_slits(slits: list[SlitSpectrum]):
    """A row for each slit, up to a number of them: the slit, and its spectrum."""
    shown = slits[:MOST]
    if not shown:
        raise PictureError("there is no slit to draw")
    columns = [name for name in ("image", "flux") if any(getattr(slit, name) is not None for slit in shown)]
    size = ROW[0] * len(columns) / 2, max(ROW[1] * len(shown), ROW[1] + 1)
    figure = _figure_class()(figsize=size, dpi=DPI, layout="constrained")
    panels = figure.subplots(len(shown), len(columns), squeeze=False)
    for row, slit in zip(panels, shown, strict=True):
        for axes, column in zip(row, columns, strict=True):
            if getattr(slit, column) is None:
                axes.set_axis_off()
            elif column == "image":
                show_slit(figure, axes, slit)
            else:
                show_spectrum(axes, slit)
    if len(shown) < len(slits):
        figure.supxlabel(f"{len(shown)} of {len(slits)} slits")
    return figure


def _figure_of_cube(cube: CubePicture):
    """A row of maps, and the spectrum."""
    figure_class = _figure_class()
    if cube.wcs is not None:
        import astropy.visualization.wcsaxes  # noqa: F401  so that matplotlib knows the axes of a WCS
    figure = figure_class(figsize=size_of(cube), dpi=DPI, layout="constrained")
    show_cube(figure, cube)
    return figure


def _figure_of_series(series: SeriesPicture):
    """Panels below each other, along one axis of time."""
    figure = _figure_class()(figsize=size_of_series(series), dpi=DPI, layout="constrained")
    show_series(figure, series)
    return figure


def _figure_class():
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise GpucalError("drawing needs matplotlib: pip install 'gpucal[plot]'") from error
    return Figure


def _figure(panels: int, wcs: WCS | None):
    """A figure with so many panels in a row, on the sky if there is a way to it."""
    figure_class = _figure_class()
    if wcs is not None:
        import astropy.visualization.wcsaxes  # noqa: F401  so that matplotlib knows the axes of a WCS
    figure = figure_class(figsize=(PANEL[0] * panels, PANEL[1]), dpi=DPI, layout="constrained")
    return figure, [figure.add_subplot(1, panels, place + 1, projection=wcs) for place in range(panels)]


def _save(figure, title: str, picture: Path) -> Path:
    figure.suptitle(title)
    try:
        figure.savefig(picture, format="png")
    except OSError as error:
        raise PictureError(f"{picture}: cannot write the picture ({error.strerror})") from error
    return picture
