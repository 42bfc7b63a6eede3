"""The assign_wcs step."""

from gpucal.core import SkipStep, Step
from gpucal.steps.parts.coordinates.modes import WITHOUT_COORDINATES, kind_of, mode_of


class AssignWcsStep(Step):
    """Give an exposure its world coordinates: from pixels to the sky, and to wavelengths where light is dispersed.

    They are kept as a gwcs object in ``meta.wcs``. The header of an image gets the footprint (S_REGION) and, with
    ``sip_approx``, an approximation by FITS keywords. Spectra through slits of NIRSpec get the coordinates of all slits
    whose light falls on the detector; the open shutters are told by the MSA metadata file, which the header names, and
    which is looked for beside the exposure. Integral fields have an image of slices in their coordinates, and
    transforms for each slice; those of NIRSpec take the number of the slice in place of the image, if that is asked
    for, and for light of lamps. Coordinates of spectra of a field without slits take the place of the source in the
    direct image, and the spectral order.

    Notes
    -----
    The transforms are those of `gpucal.wcs.modes`, the approximation that of `gpucal.wcs.sip`.
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
    input_types = ("ImageModel", "CubeModel", "IFUImageModel")

    def check_applies(self, exposure):
        """Skip exposures that do not show the sky, nor light through slits."""
        if kind_of(exposure) in WITHOUT_COORDINATES:
            raise SkipStep(f"exposures of type {exposure.meta.exposure.type} have no coordinates")

    def uses(self, exposure):
        """The references of the mode of the exposure."""
        return mode_of(exposure).references

    def process(self, exposure, references):
        """Give an exposure its coordinates.

        Raises
        ------
        GpucalError
            If there are none for exposures of its type, or its header lacks something.
        NoScienceData
            If the light of no slit falls on the detector.
        """
        mode = mode_of(exposure)
        mode.give(exposure, references, self)
        for kind in self.reference_file_types:
            if kind not in mode.references:
                getattr(exposure.meta.ref_file, kind).name = "N/A"  # as jwst 3.0.0 tells of those it has no use for
        return exposure
