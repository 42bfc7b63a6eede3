"""``gpucal ami-search``: look for a companion in closure phases and visibilities."""

import argparse
from pathlib import Path

import numpy as np

DESCRIPTION = """\
Look for a companion of a star in the closure phases and squared visibilities of an OIFITS file, such as calwebb_ami3
makes (aminorm-oi). All companions of a grid of separation, angle and contrast are compared with the file; about the
best of them the search goes on in finer steps. Written are the sums of squares on the grid, with the best companion in
the header (FILE_search.fits), and a picture of them (FILE_search.png)."""


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "ami-search", help="look for a companion of a star", description=DESCRIPTION
    )
    parser.add_argument("file", metavar="FILE", help="an OIFITS file: aminorm-oi, ami-oi or amiavg")
    parser.add_argument(
        "-o", "--output-dir", type=Path, metavar="DIR", help="where to write (default: beside the file)"
    )
    parser.add_argument(
        "--separations", nargs=3, type=float, default=(40.0, 500.0, 10.0), metavar=("FIRST", "LAST", "STEP"),
        help="milliarcseconds (default 40 500 10)",
    )  # fmt: skip
    parser.add_argument(
        "--angles", type=int, default=120, metavar="N", help="how many, over a turn (default 120)"
    )
    parser.add_argument(
        "--contrasts", nargs=3, type=float, default=(1e-4, 1.0, 40), metavar=("FIRST", "LAST", "N"),
        help="companion over star (default 0.0001 1 40)",
    )  # fmt: skip
    parser.add_argument(
        "--observables",
        choices=("both", "phases", "visibilities"),
        default="both",
        help="what to use (default both)",
    )
    parser.add_argument("--no-picture", action="store_true", help="write no picture")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Search, and tell the best companion.

    Raises
    ------
    GpucalError
        If the file or the grid will not do.
    """
    from gpucal.data import open_exposure
    from gpucal.data.writing import make_output_directory
    from gpucal.steps.parts.interferometry.companion_search import Grid, data_of, search

    exposure = open_exposure(args.file)
    grid = Grid.of(args.separations, args.angles, args.contrasts)
    sums, best = search(data_of(exposure, args.observables), grid)
    path = Path(args.file)
    folder = make_output_directory(args.output_dir or path.parent)
    name = f"{path.name.removesuffix('.gz').removesuffix('.fits')}_search"
    made = folder / f"{name}.fits"
    write_search(made, grid, sums, best, args.file)
    for line in told(best):
        print(line)
    print(made)
    if not args.no_picture:
        from gpucal.pictures.companions import draw_search

        print(draw_search(folder / f"{name}.png", grid, sums, best, path.name))


def told(best) -> list[str]:
    """The best companion in words."""
    separation, angle, contrast = best.errors
    return [
        f"separation      {best.separation:.2f} +- {separation:.2f} mas",
        f"position angle  {best.angle:.2f} +- {angle:.2f} deg east of north",
        f"contrast        {best.contrast:.5f} +- {contrast:.5f}",
        f"chi2            {best.chi2:.1f} of {best.freedom:.0f} degrees of freedom; star alone {best.chi2_alone:.1f}",
        f"significance    {best.significance:.1f} sigma",
    ]


def write_search(path: Path, grid, sums, best, source: str) -> None:
    """Write the sums of squares, the axes of the grid, and the best companion."""
    from astropy.io import fits

    from gpucal.data.workplace import workplace

    image = fits.PrimaryHDU(sums)
    cards = {
        "SEP": (best.separation, "[mas] separation of the best companion"),
        "SEPERR": (best.errors[0], "[mas] its error"),
        "PA": (best.angle, "[deg] position angle, east of north"),
        "PAERR": (best.errors[1], "[deg] its error"),
        "CONTRAST": (best.contrast, "flux of the companion over that of the star"),
        "CONTRERR": (best.errors[2], "its error"),
        "CHI2": (best.chi2, "sum of squares with the companion"),
        "CHI2STAR": (best.chi2_alone, "sum of squares of the star alone"),
        "DOF": (best.freedom, "degrees of freedom"),
        "SIGMA": (best.significance, "significance"),
    }
    image.header["SOURCE"] = Path(source).name
    for name, (value, comment) in cards.items():
        image.header[name] = (value if np.isfinite(value) else None, comment)
    units = {
        "SEPARATION": (grid.separations, "mas"),
        "ANGLE": (grid.angles, "deg"),
        "CONTRAST": (grid.contrasts, None),
    }
    axes = [
        fits.BinTableHDU.from_columns([fits.Column(name, "D", unit, array=values)], name=name)
        for name, (values, unit) in units.items()
    ]
    with workplace(path.parent) as place:
        fits.HDUList([image, *axes]).writeto(place / path.name)
        (place / path.name).replace(path)
