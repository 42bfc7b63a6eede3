"""The straylight step."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.core import GpucalError, Step
from gpucal.kernels.statistics.large_sample import clipped_statistics_of
from gpucal.kernels.straylight.cross_artifact import Scattering, add_scattered
from gpucal.kernels.straylight.shower_light import Smoothing, shower_light
from gpucal.kernels.straylight.sources import light_above
from gpucal.readouts.mrs import CHANNELS, PARTS, detector_of, gap_of
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.limits import check_limits

log = logging.getLogger(__name__)

# The columns whose light is scattered as the left channel's, and as the right one's.
HALVES = (slice(0, 516), slice(516, 1024))

# Pixels that see no light at all stand in these columns, and have no stray light.
ILLUMINATED = slice(4, 1028)

# Of the noise between the channels, what pixels have to be above it to scatter.
ABOVE_NOISE = np.float32(3)

# What parameters may be.
LIMITS = {
    "shower_x_stddev": (0.1, 1e3),
    "shower_y_stddev": (0.1, 1e3),
    "shower_low_reject": (0, 100),
    "shower_high_reject": (0, 100),
}

COLUMNS = ("lor_fwhm", "lor_scale", "gau_fwhm", "gau_xoff", "gau_scale1", "gau_scale2")


class StraylightStep(Step):
    """Subtract light that MIRI's medium resolution spectrometer scatters in its detectors.

    Light of each pixel is scattered along its row, with parameters of the channel and the row that the reference
    tells. After it the level between the channels is subtracted. With ``clean_showers``, light that cosmic ray showers
    left, and that is seen between the slices, is subtracted, too; with ``save_shower_model`` it is saved with suffix
    ``shower_model``. Errors stay as they are.

    Notes
    -----
    The algorithms are in `gpucal.kernels.straylight`. There are no parameters for exposures whose two channels are of
    different parts: of these only the level is subtracted, and a warning tells it.
    """

    class_alias = "straylight"
    spec = """
        clean_showers = boolean(default=False)  # subtract light that cosmic ray showers left
        shower_plane = integer(default=3)  # plane of the regions reference that tells what is between the slices
        shower_x_stddev = float(default=18)  # how smooth that light is: sigma of a Gaussian along rows, pixels
        shower_y_stddev = float(default=5)  # the same along columns
        shower_low_reject = float(default=0.1)  # percentile that pixels between slices have to be above
        shower_high_reject = float(default=99.9)  # percentile that they have to be below
        save_shower_model = boolean(default=False)  # save that light, too
    """
    reference_file_types = ("mrsxartcorr", "regions")
    input_types = ("ImageModel", "IFUImageModel")

    def uses(self, exposure):
        """The regions of slices only if showers are to be cleaned."""
        return self.reference_file_types if self.clean_showers else ("mrsxartcorr",)

    def process(self, exposure, references):
        """Subtract stray light.

        Raises
        ------
        GpucalError
            If the exposure is no full frame of the spectrometer, or a parameter is out of its limits.
        ReferenceFileError
            If a reference lacks the rows or the plane that are needed.
        """
        check_limits(self, LIMITS)
        if not self.shower_low_reject < self.shower_high_reject:
            raise GpucalError(
                f"shower_low_reject is {self.shower_low_reject}; it has to be below shower_high_reject, which is "
                f"{self.shower_high_reject}"
            )
        detector = detector_of(exposure)
        scattered = scattered_light(exposure, detector, references["mrsxartcorr"])
        gap = gap_of(detector, _known(exposure.data)) - gap_of(detector, scattered)
        exposure.data -= scattered
        level = clipped_statistics_of(gap.ravel()).median
        exposure.data[:, ILLUMINATED] -= np.float64(level)
        log.info("The level between the channels was %.6g DN/s", level)
        if self.clean_showers:
            self.clean(exposure, references["regions"])
        return exposure

    def clean(self, exposure, regions) -> None:
        """Subtract light that showers left."""
        planes = regions.array("regions")
        if planes is None or planes.ndim != 3 or not 0 <= self.shower_plane < len(planes):
            found = f"its regions have shape {None if planes is None else planes.shape}"
            raise ReferenceFileError(f"{regions.label}: has no plane {self.shower_plane}; {found}")
        if planes.shape[1:] != exposure.shape_of("data"):
            raise ReferenceFileError(
                f"{regions.label}: its regions have shape {planes.shape}; planes have to be as large as the exposure, "
                f"{exposure.shape_of('data')}"
            )
        how = Smoothing(
            self.shower_x_stddev, self.shower_y_stddev, self.shower_low_reject, self.shower_high_reject
        )
        light = shower_light(exposure.data, exposure.dq, planes[self.shower_plane], how)
        exposure.data -= light
        log.info("Light of showers: %.3g to %.3g DN/s", float(light.min()), float(light.max()))
        if self.save_shower_model:
            zeros = current_backend().xp.zeros_like
            model = exposure.blank(
                "IFUImageModel", data=light.astype(np.float32), dq=zeros(exposure.dq), err=zeros(exposure.err)
            )
            self.save(model, "shower_model")


def scattered_light(exposure, detector: str, reference):
    """What the pixels of an exposure scatter, (ny, nx) float64 array, DN/s."""
    data, xp = exposure.data, current_backend().xp
    scattered = xp.zeros(data.shape)
    part = PARTS.get(str(exposure.meta.instrument.band).upper())
    if part is None:
        log.warning(
            "%s: the reference has no parameters for BAND %s: scattered light is not subtracted, only the level is",
            exposure.source, exposure.meta.instrument.band,
        )  # fmt: skip
        return scattered
    noise = clipped_statistics_of(_known(gap_of(detector, data)).ravel())
    level, sigma = np.float32(noise.mean), np.float32(noise.sigma)
    light = light_above(data, exposure.dq, level, level + ABOVE_NOISE * sigma)
    for channel, columns in zip(CHANNELS[detector], HALVES, strict=True):
        add_scattered(
            scattered, light, scattering_of(reference, f"ch{channel}{part.lower()}_table", exposure), columns
        )
    scattered[:, : ILLUMINATED.start] = scattered[:, ILLUMINATED.stop :] = 0
    return scattered


def scattering_of(reference, name: str, exposure) -> Scattering:
    """The parameters of all rows for one channel."""
    table, rows = reference.table(name), exposure.shape_of("data")[0]
    if table is None or len(table) != rows:
        found = "there is none" if table is None else f"it has {len(table)}"
        raise ReferenceFileError(
            f"{reference.label}: {name} should tell how each of {rows} rows scatters; {found}"
        )
    asarray = current_backend().asarray
    return Scattering(*(asarray(table[column].astype(np.float64)) for column in COLUMNS))


def _known(image):
    """An image in which what is not finite is zero."""
    xp = current_backend().xp
    return xp.where(xp.isfinite(image), image, np.float32(0))
