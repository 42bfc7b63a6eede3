"""The fringe step."""

from gpucal.core import Step
from gpucal.kernels.images.fringes import divide_by_fringes
from gpucal.steps.parts.calibration.full_frames import full_frame


class FringeStep(Step):
    """Divide by the fringes of MIRI's medium resolution spectrometer.

    The reference is the transmission of an extended source. Rates and errors are divided by it, variances by its
    square; where it is NaN, they stay as they are. Its flags are not used: they do not tell of bad pixels.
    """

    class_alias = "fringe"
    spec = ""
    reference_file_types = ("fringe",)
    input_types = ("ImageModel", "IFUImageModel")

    def process(self, exposure, references):
        """Divide by the fringes.

        Raises
        ------
        ReferenceFileError
            If the reference has another shape than the exposure.
        """
        transmission = full_frame(references["fringe"], "data", exposure)
        rates = {name: getattr(exposure, name) for name in ("data", "err")}
        names = ("var_poisson", "var_rnoise", "var_flat")
        variances = {name: getattr(exposure, name) for name in names if exposure.has(name)}
        divide_by_fringes(rates, variances, transmission)
        return exposure
