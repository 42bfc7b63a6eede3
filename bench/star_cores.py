"""How many pixels of stars without a cosmic ray `outlier_detection` flags, by its parameter ``scale``.

``python -m bench.star_cores [--program jwst] [--subarray SUB640]`` observes stars with the shortest filter of NIRCam,
whose images a pixel undersamples, and prints a table: hits found, of those brighter than ten times their error; and
false flags, of all pixels and of those in which stars are brighter than that.
"""

import argparse
import logging
import tempfile
from pathlib import Path

from bench import results
from bench.hardware import description
from bench.truth.imaging.outliers import measure_outliers
from bench.truth.imaging.products import PROGRAMS, calibrate
from gpucal.simulate import Effects, Field, ImagingOptions, PointingErrors, observe

SCALES = ("1.2 0.7", "2.0 1.2", "4.0 2.5")
NOT_NEEDED = ("tweakreg", "skymatch", "resample", "source_catalog")
OPTIONS = ImagingOptions(
    field=Field(stars=300, galaxies=0), errors=PointingErrors(0, 0, 0), effects=Effects(least_energy=100.0)
)


def row(observation, program: str, scale: str) -> str:
    """A row of the table."""
    steps = {name: {"skip": True} for name in NOT_NEEDED} | {"outlier_detection": {"scale": scale}}
    products = calibrate(observation, program, **steps)
    measured = measure_outliers(observation, products.cal, products.crf)
    found, hits = sum(measured.found[1:]), sum(measured.hits[1:])
    return f"| `{scale}` | {found} of {hits} | {measured.false:.1e} | {measured.false_in_stars:.1e} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", choices=PROGRAMS, default="gpucal")
    parser.add_argument("--subarray", default="SUB640")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as place:
        camera = {"detectors": ("NRCB1",), "filters": ("F090W",), "subarray": options.subarray, "readpatt": "SHALLOW4"}
        observation = observe(Path(place), **camera, rates=True, options=OPTIONS, seed=7)
        print(f"{results.introduction({'measured on': description()})}\n")
        print("| scale | hits found | false flags | false flags on stars |\n|---|---|---|---|")
        for scale in SCALES:
            print(row(observation, options.program, scale), flush=True)


if __name__ == "__main__":
    main()
