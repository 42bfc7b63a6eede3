"""The conversion of spectra of MIRI's medium resolution spectrometer to surface brightness.

Source: the photom reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/reference_files.html. There is a factor for each pixel. The
throughput that was lost since then is a power law of time, other for each wavelength, tabulated for each channel.
"""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.images.sensitivity import (
    Sensitivity,
    ThroughputChange,
    changes_of_pixels,
    convert_by_pixel,
)
from gpucal.readouts.mrs import CHANNELS, detector_of
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.calibration.full_frames import full_frame
from gpucal.steps.parts.calibration.photometry import power_law
from gpucal.wcs.slices import world

log = logging.getLogger(__name__)

# The columns of the left and of the right channel; the last column of the detector has no correction.
HALVES = (slice(0, 512), slice(512, 1031))


def convert_mrs(exposure, reference, with_time: bool, inverse: bool) -> float | None:
    """Convert an exposure, in place.

    Parameters
    ----------
    exposure : Exposure
        Rates of a full frame, with world coordinates if throughput changes with time.
    reference : Reference
        A photom reference with a factor for each pixel.
    with_time : bool
        Whether to correct for the change of throughput, if the reference tells it.
    inverse : bool
        Divide by the factors.

    Returns
    -------
    float or None
        The factor that the header of the reference tells for all pixels.

    Raises
    ------
    GpucalError
        If the exposure is no full frame.
    ReferenceFileError
        If the reference lacks factors, or the changes for a channel.
    """
    detector = detector_of(exposure)
    sensitivity = Sensitivity(*(full_frame(reference, name, exposure) for name in Sensitivity._fields))
    changes = throughput_changes(exposure, reference, detector) if with_time else None
    rates = Rates(*(getattr(exposure, name) for name in Rates._fields))
    var_flat = exposure.var_flat if exposure.has("var_flat") else None
    convert_by_pixel(rates, var_flat, sensitivity, changes, inverse)
    return reference.meta.photometry.conversion_megajanskys


def throughput_changes(exposure, reference, detector: str):
    """The throughput of each pixel relative to that of its factor; None if the reference does not tell it."""
    if not _has_rows(reference.table(table_name(1))):
        log.info("%s does not tell how throughput changes with time", reference.label)
        return None
    changes, wavelengths = current_backend().xp.ones(exposure.shape_of("data")), world(exposure)[-1]
    for channel, columns in zip(CHANNELS[detector], HALVES, strict=True):
        change = throughput_change(reference, channel, exposure.meta.exposure.mid_time)
        log.info("Throughput of channel %d: %.4f to %.4f", channel, change.values.min(), change.values.max())
        on_backend = ThroughputChange(*map(current_backend().asarray, change))
        changes_of_pixels(changes, wavelengths, on_backend, columns)
    return changes


def throughput_change(reference, channel: int, day: float | None) -> ThroughputChange:
    """The throughput of a channel on a day, never more than that of the factors; on the host.

    Raises
    ------
    ReferenceFileError
        If the reference does not tell it, or the day is not known.
    """
    table = reference.table(table_name(channel))
    if day is None:
        raise ReferenceFileError(
            f"{reference.label} depends on time, and the exposure lacks the keyword EXPMID"
        )
    if not _has_rows(table) or len(np.unique(table["binwave"])) != len(table):
        raise ReferenceFileError(
            f"{reference.label}: {table_name(channel)} needs two wavelengths, and each once"
        )
    table = np.sort(table, order="binwave")
    values = np.minimum(power_law(day, table), 1.0)
    return ThroughputChange(table["binwave"].astype(np.float64), values.astype(np.float64))


def table_name(channel: int) -> str:
    """The table of a channel."""
    return f"timecoeff_powerlaw_ch{channel}"


def _has_rows(table) -> bool:
    return table is not None and len(table) > 1
