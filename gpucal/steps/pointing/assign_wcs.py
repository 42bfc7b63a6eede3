"""The assign_wcs step."""

from gpucal.core import GpucalError, Step
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.coordinates import keep_coordinates
from gpucal.steps.parts.image_types import IMAGE_TYPES
from gpucal.wcs.documents import read_document, tree_of_model
from gpucal.wcs.modes.imaging import imaging_wcs
from gpucal.wcs.sip import SipOptions


class AssignWcsStep(Step):
    """Give an image its world coordinates: from pixels to the sky, by the distortion and the pointing.

    They are kept as a gwcs object in ``meta.wcs``. The header gets the footprint (S_REGION) and, with ``sip_approx``,
    an approximation by FITS keywords. So far, of images of all instruments but NIRSpec.

    Notes
    -----
    The transforms are those of `gpucal.wcs.modes.imaging`, the approximation that of `gpucal.wcs.sip`.
    """

    class_alias = "assign_wcs"
    spec = """
        sip_approx = boolean(default=True)  # approximate the coordinates of images by FITS keywords
        sip_max_pix_error = float(default=0.01)  # largest error of the approximation, pixels
        sip_degree = integer(max=6, default=None)  # degree of its polynomials; None takes the lowest that will do
        sip_max_inv_pix_error = float(default=0.01)  # largest error of the way back, pixels
        sip_inv_degree = integer(max=6, default=None)  # degree of the way back; None takes the lowest that will do
        sip_npoints = integer(default=12)  # points along each side that are fitted
        slit_y_low = float(default=-.55)  # lower edge of a slit of NIRSpec
        slit_y_high = float(default=.55)  # upper edge of a slit of NIRSpec
        nrs_ifu_slice_wcs = boolean(default=False)  # coordinates of each slice of the NIRSpec IFU by itself
    """
    reference_file_types = (
        "distortion", "filteroffset", "specwcs", "regions", "wavelengthrange", "camera", "chromcorr", "collimator",
        "disperser", "fore", "fpa", "msa", "ote", "ifupost", "ifufore", "ifuslicer",
    )  # fmt: skip
    optional_references = reference_file_types[1:]
    input_types = ("ImageModel", "CubeModel")

    def uses(self, exposure):
        """Images need a distortion, and take what filters add to it."""
        return ("distortion", "filteroffset")

    def process(self, exposure, references):
        """Give an image, or integrations, their coordinates.

        Raises
        ------
        GpucalError
            If the exposure is no image, or its header lacks the pointing.
        """
        if str(exposure.meta.exposure.type).upper() not in IMAGE_TYPES:
            raise GpucalError(f"{exposure.source}: exposures of type {exposure.meta.exposure.type} have no WCS yet")
        offsets = references["filteroffset"]
        rows = offsets and part_of(offsets, "filters")
        wcs = imaging_wcs(exposure, part_of(references["distortion"], "model"), rows)
        sip = SipOptions(
            self.sip_max_pix_error, self.sip_max_inv_pix_error, self.sip_degree, self.sip_inv_degree, self.sip_npoints
        )
        keep_coordinates(exposure, wcs, sip if self.sip_approx else None)
        for kind in self.reference_file_types:
            if kind not in self.uses(exposure):
                getattr(exposure.meta.ref_file, kind).name = "N/A"  # as jwst 3.0.0 tells of those it has no use for
        return exposure


def part_of(reference, name: str):
    """A part of the tree of a reference."""
    tree = tree_of_model(reference.model) if reference.path is None else read_document(reference.path)
    if name not in tree:
        raise ReferenceFileError(f"{reference.label} holds no {name}")
    return tree[name]
