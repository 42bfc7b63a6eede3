"""The products of stages 2 and 3 of a simulated observation."""

import importlib
import os
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits

from gpucal.simulate import Observation
from gpucal.wcs.documents import parse_document
from gpucal.wcs.world import Wcs

# Where each program has its pipelines.
PROGRAMS = {"jwst": "jwst.pipeline", "gpucal": "gpucal.pipelines"}


@dataclass(frozen=True)
class Products:
    """What a program has made of an observation.

    Attributes
    ----------
    observation : Observation
    cal, crf : list of Path
        Of each science exposure, before and after stage 3.
    mosaic, catalogue : Path
        ``i2d`` and ``cat``, of the first band.
    """

    observation: Observation
    cal: list[Path]
    crf: list[Path]
    mosaic: Path
    catalogue: Path


def calibrate_exposures(observation: Observation, program: str) -> None:
    """Run stage 2 on the rates of an observation."""
    _run(observation, program, "Image2Pipeline", observation.level2, {"resample": {"skip": True}})


def combine(observation: Observation, program: str, **steps) -> Products:
    """Run stage 3 on what stage 2 has made.

    Parameters
    ----------
    observation : Observation
    program : str
        ``jwst`` or ``gpucal``.
    **steps : dict
        Parameters of the steps, by their aliases.
    """
    _run(observation, program, "Image3Pipeline", observation.level3[0], steps)
    return products_of(observation)


def _run(observation, program, pipeline, association, steps):
    """Run a pipeline in the folder of an observation, where jwst looks for what its associations name."""
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    folder = association.parent
    runner = getattr(importlib.import_module(PROGRAMS[program]), pipeline)
    with observation.crds(), chdir(folder):
        runner.call(str(association), steps=steps, save_results=True, output_dir=str(folder), configure_log=False)


def products_of(observation: Observation) -> Products:
    """The products that lie beside an observation."""
    first = observation.level3[0]
    base = first.name.removesuffix("_image3_asn.json")
    science = [exposure for exposure in observation.science if exposure.band == observation.science[0].band]
    return Products(
        observation,
        [exposure.product("cal") for exposure in science],
        [exposure.product("o001_crf") for exposure in science],
        first.with_name(f"{base}_i2d.fits"),
        first.with_name(f"{base}_cat.ecsv"),
    )


def wcs_of_file(path: Path) -> Wcs:
    """The WCS that a product holds."""
    with fits.open(path) as hdus:
        content = hdus["ASDF"].data["ASDF_METADATA"].tobytes()
    return Wcs.of_node(parse_document(content)["meta"]["wcs"])
