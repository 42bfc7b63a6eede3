"""``gpucal picture``: draw products."""

import argparse
from pathlib import Path

from gpucal.data.files.compression import plain_name
from gpucal.errors import GpucalError

DESCRIPTION = """\
Draw products as PNG files. Images are drawn in an asinh stretch with the grid of the sky, those with data quality
beside their flags; of ramps the last group of the first integration, of integrations the first. Segmentation maps are
drawn in colours, catalogs (.ecsv) as a plane of their own. Where a _cat.ecsv stands beside a product, its sources are
marked. Slits (s2d, cal) are drawn with the aperture, the trace and the regions of the background, beside the spectrum
(x1d), where both files stand side by side. Cubes (s3d) are drawn as the mean of all planes and as maps of three lines,
or of --wavelengths, with the aperture, above the spectrum. Of series, the light, the place and the background are drawn
by time (phot, whtlt), and spectra by time and wavelength (x1dints). Contrast curves (_contrast.ecsv) are drawn with
their noise and throughput."""


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("picture", help="draw products", description=DESCRIPTION)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a product: .fits, or a catalog (.ecsv)")
    parser.add_argument(
        "-o", "--output-file", type=Path, metavar="FILE", help="the picture of a single product (default: beside it)"
    )
    parser.add_argument("--catalog", type=Path, metavar="FILE", help="mark these sources (.ecsv) on the images")
    parser.add_argument(
        "--wavelengths", nargs="+", type=float, default=(), metavar="MICRON",
        help="draw maps of a cube at these, less the continuum (default: its strongest lines)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Draw each of the files, and say where the picture is.

    Raises
    ------
    GpucalError
        One of them cannot be drawn, or one picture is to be of several.
    """
    if args.output_file and len(args.files) > 1:
        raise GpucalError(f"--output-file is for the picture of one product, not of {len(args.files)}")
    from gpucal.pictures import draw

    for path in args.files:
        beside = path.with_name(Path(plain_name(path.name)).stem + ".png")
        print(draw(path, args.output_file or beside, args.catalog, tuple(args.wavelengths)))
