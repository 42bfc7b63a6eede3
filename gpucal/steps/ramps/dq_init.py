"""Initial data quality flags."""

import logging

from gpucal.backend import current_backend
from gpucal.core import Step
from gpucal.data import InputError
from gpucal.data.reading import expand
from gpucal.kernels.ramps.dq_init import apply_mask
from gpucal.readouts.stripes import detector_regions
from gpucal.startup.lazy import fits

log = logging.getLogger(__name__)

# The array of pixel flags of each type of raw exposure.
PIXEL_FLAGS = {"RampModel": "pixeldq", "SuperstripeRampModel": "pixeldq", "GuiderRawModel": "dq"}


class DQInitStep(Step):
    """Set the pixel and group flags from the detector's mask.

    Flag arrays that do not have the shape of the data are replaced with zeros first. The user's own
    flags, if given, are added to those of the mask. Guide star data have pixel flags only.

    Notes
    -----
    Parameters are described in `spec`; the algorithm in `gpucal.kernels.ramps.dq_init`.
    """

    class_alias = "dq_init"
    spec = """
        user_supplied_dq = string(default=None)  # FITS image of flags to add to those of the mask
    """
    reference_file_types = ("mask",)
    input_types = tuple(PIXEL_FLAGS)
    by_integration = True

    def process(self, exposure, references):
        """Flag the pixels and the groups; raises `InputError` if the user's flags cannot be used."""
        mask = references["mask"].array("dq", exposure)
        if self.user_supplied_dq is not None:
            mask = mask | _user_flags(self.user_supplied_dq, mask)
        pixel_flags = PIXEL_FLAGS[exposure.model_type]
        _reset_misshapen(exposure, pixel_flags, mask.shape)
        groupdq = None
        if "groupdq" in exposure.array_names:
            _reset_misshapen(exposure, "groupdq", exposure.data.shape)
            groupdq = exposure.groupdq
        pixeldq = getattr(exposure, pixel_flags)
        for region, integrations in detector_regions(exposure):
            groups = None if groupdq is None else groupdq[integrations]
            apply_mask(pixeldq[region], groups, mask[region])
        return exposure


def _user_flags(path, mask):
    """The flags in a user's file, on the backend, of the type of the mask."""
    log.info("Adding the flags of %s to the mask", path)
    try:
        flags = fits.getdata(expand(path))
    except (OSError, IndexError) as error:
        raise InputError(f"{path}: cannot be read as user_supplied_dq ({error})") from error
    if flags.shape != mask.shape:
        raise InputError(f"{path}: user_supplied_dq has shape {flags.shape}, the exposure needs {mask.shape}")
    return current_backend().asarray(flags.astype(mask.dtype))


def _reset_misshapen(exposure, name, shape):
    """Put zeros in place of flags whose shape does not fit the data."""
    if getattr(exposure, name).shape != tuple(shape):
        log.warning("%s does not have the shape of the data; all its flags are reset", name)
        delattr(exposure, name)
