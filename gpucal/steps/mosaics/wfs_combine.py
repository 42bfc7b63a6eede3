"""The wfs_combine step, which jwst runs as the pipeline calwebb_wfs-image3."""

import logging
from pathlib import Path

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError, Step
from gpucal.data import Exposure, Members
from gpucal.data.reading import expand
from gpucal.kernels.pairs.pair_mean import Image, good_pixels, mean_of_pair, mean_of_pair_as_peer
from gpucal.kernels.pairs.pair_offset import SourceSize, residual_offset
from gpucal.names.products import product_path

log = logging.getLogger(__name__)

VARIANCES = ("var_poisson", "var_rnoise", "var_flat")


class WfsCombineStep(Step):
    """Combine two dithered exposures of wavefront sensing to one image, on the pixels of one of them.

    They are moved onto each other by whole pixels, as their coordinates tell, or with ``do_refine`` as the star itself
    does. A pixel is the mean where both exposures have a good one, and that of one exposure where the other has none,
    as at a border; errors and variances are those of this mean.

    Notes
    -----
    The algorithms are described in `gpucal.kernels.pairs`.
    """

    class_alias = "calwebb_wfs-image3"
    status_name = "wfs_combine"
    spec = """
        do_refine = boolean(default=False)  # let the images themselves tell the offset
        flip_dithers = boolean(default=True)  # combine onto the other exposure where the second one is further left
        psf_size = integer(default=100)  # half of the box about the star, pixels
        blur_size = integer(default=10)  # size of the blur by which the star is found, pixels
        n_size = integer(default=2)  # half of the box that fills a bad pixel, pixels
        suffix = string(default="wfscmb")  # last part of the name of the product
    """
    over_members = True
    input_types = ("ImageModel",)

    def process(self, members, references):
        """Combine the first two exposures.

        Raises
        ------
        GpucalError
            If there are fewer, if they differ in shape, have no world coordinates, or are too far apart.
        """
        if len(members) < 2:
            raise GpucalError(f"{members.source}: two exposures are needed to be combined, and there is one")
        if len(members) > 2:
            log.warning("Of %d exposures the first two are combined", len(members))
        shapes = [exposure.shape_of("data") for exposure in members[:2]]
        if shapes[0] != shapes[1]:
            raise GpucalError(f"{members.source}: the exposures to combine have shapes {shapes[0]} and {shapes[1]}")
        order = [0, 1]
        if self.flip_dithers and offset_of([members[place] for place in order], shapes[0])[0] < 0:
            order.reverse()
        log.info("Combined are %s and, moved, %s", *(members[place].source for place in order))
        with members.lease(order[0]) as first, members.lease(order[1]) as second:
            return self.combined(members, order[0], [first, second])

    def combined(self, members: Members, place: int, pair: list[Exposure]) -> Exposure:
        """The mean of two exposures, with the metadata of the first one."""
        images = [image_of(exposure) for exposure in pair]
        offset = self.offset(pair, images)
        mean = (mean_of_pair_as_peer if as_peer() else mean_of_pair)(*images, offset)
        made = members.blank("ImageModel", place, data=mean.data, err=mean.err, dq=mean.dq, **mean.variances)
        made.meta.asn.exptype = None  # of members, and this is none, nor of a group
        made.kept_meta.pop("group_id", None)
        if not as_peer():
            made.set_wcs(pair[0].get_wcs().to_tree())
            if pair[0].has("area"):
                made.area = pair[0].area.copy()
        return made

    def offset(self, pair: list[Exposure], images: list[Image]) -> tuple[int, int]:
        """How much further along x and y the scene is in the second exposure, pixels."""
        shape = images[0].data.shape
        told = offset_of(pair, shape)
        offset = round(told[0]), round(told[1])
        log.info("The coordinates tell an offset of %.2f, %.2f pixels", *told)
        if self.do_refine:
            sizes = SourceSize(self.psf_size, self.blur_size, self.n_size)
            more = residual_offset(*(on_host(image) for image in images), offset, sizes)
            if more is None:
                raise GpucalError(f"{pair[1].source}: has no pixels about the star that {pair[0].source} has")
            log.info("The images tell %.2f, %.2f pixels more", *more)
            offset = offset[0] + round(more[0]), offset[1] + round(more[1])
        if abs(offset[0]) >= shape[1] or abs(offset[1]) >= shape[0]:
            raise GpucalError(
                f"{pair[1].source} does not overlap with {pair[0].source}: it is {offset[0]}, {offset[1]} pixels away"
            )
        log.info("It is moved by %d, %d pixels", *offset)
        return offset

    def output_path(self, exposure, suffix=None, ext=None, index=None, output_file=None) -> Path:
        """Where the product goes: a name in an association that tells the suffix, or where it belongs, is kept."""
        suffix = suffix or self.product_suffix(exposure)
        name = exposure.membership.product.replace("{suffix}", suffix)
        if suffix not in name or output_file or self.output_file:
            return super().output_path(exposure, suffix, ext, index, output_file)
        directory = self.search("output_dir")
        directory = None if directory is None else expand(directory)
        return product_path(name, None, output_dir=directory, ext=ext or self.output_ext)


def offset_of(pair: list[Exposure], shape: tuple[int, int]) -> tuple[float, float]:
    """How much further along x and y the second exposure has what is in the middle of the first, by its coordinates."""
    middle = shape[1] // 2, shape[0] // 2
    first, second = (exposure.get_wcs() for exposure in pair)
    sky = first.program(end=first.frame_names[-1]).at(*([value] for value in middle))
    x, y = second.program(second.frame_names[-1], second.frame_names[0]).at(*sky)[:, 0]
    if not np.isfinite([x, y]).all():
        raise GpucalError(f"{pair[1].source}: its coordinates do not reach the middle of {pair[0].source}")
    return float(x - middle[0]), float(y - middle[1])


def image_of(exposure: Exposure) -> Image:
    """The planes of an exposure that are combined."""
    variances = {name: getattr(exposure, name) for name in VARIANCES if exposure.has(name)}
    return Image(exposure.data, exposure.err, exposure.dq, variances)


def on_host(image: Image) -> np.ndarray:
    """The values of an image on the host, NaN where they are bad."""
    backend = current_backend()
    good = backend.asnumpy(good_pixels(image), TABLES)
    return np.where(good, backend.asnumpy(image.data, TABLES), np.nan)
