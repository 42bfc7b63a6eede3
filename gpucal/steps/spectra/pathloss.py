"""The pathloss step."""

from gpucal.core import SkipStep, Step
from gpucal.steps.parts.calibration.pathloss_ifu import correct_ifu
from gpucal.steps.parts.calibration.pathloss_lrs import correct_lrs
from gpucal.steps.parts.calibration.pathloss_slits import correct_slits
from gpucal.steps.parts.calibration.pathloss_soss import correct_soss

# What corrects exposures of a type: ``correct(exposure, reference, step)``.
CORRECTIONS = {
    "MIR_LRS-FIXEDSLIT": correct_lrs,
    "NRS_FIXEDSLIT": correct_slits,
    "NRS_BRIGHTOBJ": correct_slits,
    "NRS_MSASPEC": correct_slits,
    "NRS_IFU": correct_ifu,
    "NIS_SOSS": correct_soss,
}


class PathLossStep(Step):
    """Make up for the light that does not pass the slit.

    That of a point source depends on its place in the slit: where the reference does not reach to, the slit of NIRSpec
    is not corrected, and that of MIRI as if the source were in its middle, which is told in the log; in the integral
    field of NIRSpec all count as being in the middle. The corrections for a point and for a source that fills the slit
    are kept with each slit, or with the image. Of SOSS it is the light that falls beside the subarray; series in time
    are not corrected.
    """

    class_alias = "pathloss"
    spec = """
        inverse = boolean(default=False)  # undo the correction
        source_type = string(default=None)  # POINT or EXTENDED, in place of the type of each source
        user_slit_loc = float(default=None)  # slit of MIRI: the place of the source across it, arcsec from its center
    """
    reference_file_types = ("pathloss",)
    input_types = ("MultiSlitModel", "SlitModel", "ImageModel", "CubeModel", "IFUImageModel")

    def check_applies(self, exposure):
        """Skip exposures whose light passes no slit."""
        kind = str(exposure.meta.exposure.type).upper()
        if kind not in CORRECTIONS:
            raise SkipStep(f"exposures of type {kind} have no path loss")

    def process(self, exposure, references):
        """Correct the rates.

        Raises
        ------
        SkipStep
            If nothing could be corrected.
        """
        CORRECTIONS[str(exposure.meta.exposure.type).upper()](exposure, references["pathloss"], self)
        return exposure
