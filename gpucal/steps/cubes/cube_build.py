"""The cube_build step."""

import logging

from gpucal.as_peer import as_peer
from gpucal.core import GpucalError, Step
from gpucal.data import Members
from gpucal.names.products import base_name
from gpucal.steps.parts.alike import check_calibrated
from gpucal.steps.parts.cubes.bands import (
    ALL,
    bands_of_cubes,
    chosen_bands,
    instrument_of,
    name_of_cube,
    places_by_band,
)
from gpucal.steps.parts.cubes.building import CubeBuilder, Frame
from gpucal.steps.parts.cubes.grid import Placement
from gpucal.steps.parts.cubes.offsets import read_offsets
from gpucal.steps.parts.cubes.sampling import DRIZZLE, Wishes, sampling_of
from gpucal.steps.parts.cubes.units import UNITS
from gpucal.steps.parts.limits import check_limits

log = logging.getLogger(__name__)

LIMITS = {
    "scalexy": (0, 1e3),
    "scalew": (0, 1e3),
    "rois": (0, 1e3),
    "roiw": (0, 1e3),
    "weight_power": (-1e3, 1e3),
    "wavemin": (0, 1e3),
    "wavemax": (0, 1e3),
    "ra_center": (-360, 360),
    "dec_center": (-90, 90),
    "cube_pa": (-1e6, 1e6),
    "nspax_x": (1, 1_000_000),
    "nspax_y": (1, 1_000_000),
}


class CubeBuildStep(Step):
    """Make cubes of exposures of integral fields: two axes on the sky, and one of wavelength.

    Pixels are drizzled, or weighted by their distance from each voxel. Which exposures make a cube depends on the bands
    that they cover. Flagged pixels (DO_NOT_USE, NON_SCIENCE) have no weight. A product has the data and their errors,
    flags, how many pixels contributed to each voxel, and the wavelengths of its planes.

    Notes
    -----
    The weights are described in `gpucal.kernels.cubes`, the grid in `gpucal.steps.parts.cubes.grid`.
    """

    class_alias = "cube_build"
    over_members = True
    suffix_in_pipeline = "s3d"
    spec = """
        channel = option('1', '2', '3', '4', 'all', default='all')  # MIRI: the channel to use
        band = option('short', 'medium', 'long', 'short-medium', 'short-long', 'medium-short', \
                'medium-long', 'long-short', 'long-medium', 'all', default='all')  # MIRI: the sub-band to use
        grating = option('prism', 'g140m', 'g140h', 'g235m', 'g235h', 'g395m', 'g395h', 'all', default='all')  # NIRSpec
        filter = option('clear', 'f100lp', 'f070lp', 'f170lp', 'f290lp', 'all', default='all')  # NIRSpec: that to use
        output_type = option('band', 'channel', 'grating', 'multi', default='band')  # what makes a cube together
        linear_wave = boolean(default=True)  # planes are equidistant; else those of the table in the reference
        scalexy = float(default=0.0)  # side of a spaxel, arcsec; 0 takes that of the reference
        scalew = float(default=0.0)  # step between planes, micrometres; 0 takes that of the reference
        weighting = option('emsm', 'msm', 'drizzle', default='drizzle')  # drizzle, or weights that fall off by distance
        coord_system = option('skyalign', 'world', 'internal_cal', 'ifualign', default='skyalign')  # what axes follow
        ra_center = float(default=None)  # right ascension of the middle, degrees
        dec_center = float(default=None)  # declination of the middle, degrees
        cube_pa = float(default=None)  # position angle of the y axis, degrees; for skyalign
        nspax_x = integer(default=None)  # columns, an odd number
        nspax_y = integer(default=None)  # rows, an odd number
        rois = float(default=0.0)  # how far pixels reach on the sky, arcsec; 0 takes that of the reference
        roiw = float(default=0.0)  # how far they reach in wavelength, micrometres; 0 takes that of the reference
        weight_power = float(default=2.0)  # msm: weights are one over the distance to this power; 0: by the reference
        wavemin = float(default=None)  # shortest wavelength, micrometres
        wavemax = float(default=None)  # longest wavelength, micrometres
        skip_dqflagging = boolean(default=false)  # do not look for holes in the field
        output_use_model = boolean(default=true)  # files are named after bands
        suffix = string(default='s3d')  # the last part of their names
        offset_file = string(default=None)  # ASDF file with offsets of each exposure on the sky
        debug_spaxel = string(default='-1 -1 -1')  # x, y, plane of a voxel to tell of
    """
    reference_file_types = ("cubepar",)
    input_types = ("IFUImageModel",)

    def process(self, members, references):
        """Make the cubes of a product.

        Raises
        ------
        GpucalError
            If parameters are out of their limits or do not fit each other, no exposure covers what is asked for, or a
            cube is too large for the memory.
        """
        check_limits(self, LIMITS)
        check_calibrated(members)
        instrument = instrument_of(members)
        is_internal = self.coord_system == "internal_cal"
        if is_internal and (instrument != "NIRSPEC" or len(members) > 1):
            raise GpucalError(
                f"{members.source}: internal_cal is of NIRSpec, and of one exposure: ask for coord_system ifualign"
            )
        by_band = places_by_band(members, instrument)
        chosen = chosen_bands(list(by_band), *self.selection(instrument))
        cubes = bands_of_cubes(chosen, "band" if is_internal else self.output_type, instrument)
        log.info("%d cubes are made", len(cubes))
        base = self.base_of(members)
        offsets = read_offsets(self.offset_file, members) if self.offset_file else {}
        made = []
        for bands in cubes:
            name = name_of_cube(base, bands, instrument, is_internal)
            if self.is_of_one_exposure and (len(cubes) == 1 or as_peer()):
                name = base
            log.info("Making %s", name)
            builder = self.builder(members, instrument, {band: by_band[band] for band in bands}, offsets, references)
            made.append(builder.internal(name) if is_internal else self.cube(builder, name))
        return Members(made, members.membership) if len(made) > 1 else made[0]

    def selection(self, instrument: str) -> tuple[str, str]:
        """What the user asks for: channel and sub-band, or grating and filter."""
        unit = UNITS[instrument]
        chosen = {"MIRI": (self.channel, self.band), "NIRSPEC": (self.grating, self.filter)}[instrument]
        if not unit.has_channels and (chosen[0] == ALL) != (chosen[1] == ALL):
            raise GpucalError(f"{' and '.join(unit.keywords)} go together: give both, or none of them")
        return chosen

    @property
    def is_of_one_exposure(self) -> bool:
        """Whether it is a step of stage 2, in which a single cube has the name of the exposure."""
        return self.parent is not None and self.parent.stage == 2

    def base_of(self, members: Members) -> str:
        """What names of cubes begin with."""
        return base_name(self.search("output_file") or members.name)

    def builder(self, members: Members, instrument: str, places: dict, offsets: dict, references) -> CubeBuilder:
        """What builds one cube."""
        is_internal = self.coord_system == "internal_cal"
        is_linear = is_internal or (self.linear_wave and self.output_type != "multi")
        wishes = Wishes(
            DRIZZLE if is_internal else self.weighting, is_linear, self.scalexy, self.scalew, self.rois,
            self.roiw, self.weight_power, self.wavemin, self.wavemax,
        )  # fmt: skip
        nfiles = sum(map(len, places.values()))
        sampling = sampling_of(references["cubepar"], instrument, list(places), nfiles, wishes)
        return CubeBuilder(members, instrument, places, sampling, self.weighting, offsets)

    def cube(self, builder: CubeBuilder, name: str):
        """One cube."""
        is_ifu = self.coord_system == "ifualign"
        frame = Frame(is_ifu, None if is_ifu else self.cube_pa)
        wanted = Placement(self.ra_center, self.dec_center, *map(odd, (self.nspax_x, self.nspax_y)))
        grid = builder.grid(frame, wanted, self.output_type == "multi")
        watched = voxel_of(self.debug_spaxel, grid.shape)
        planes = builder.build(grid, not self.skip_dqflagging, watched)
        return builder.product(grid, planes, name, self.weight_power)


def voxel_of(words: str, shape: tuple[int, int, int]) -> tuple[int, ...] | None:
    """The voxel that is told of, x, y and plane; None for -1 -1 -1.

    Raises
    ------
    GpucalError
        If these are no numbers of a voxel of the cube.
    """
    try:
        voxel = tuple(int(word) for word in words.split())
    except ValueError:
        voxel = ()
    if voxel == (-1, -1, -1):
        return None
    if len(voxel) != 3 or not all(0 <= number < size for number, size in zip(voxel, shape[::-1], strict=True)):
        nz, ny, nx = shape
        raise GpucalError(
            f"debug_spaxel is {words!r}: it has to be three numbers, from 0 to below {nx}, {ny} and {nz}, or -1 -1 -1"
        )
    return voxel


def odd(number: int | None) -> int | None:
    """A number of spaxels, made odd: there is one in the middle."""
    return number if number is None or number % 2 else number + 1
