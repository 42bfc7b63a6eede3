"""The places of steps that are not there yet.

They have the names and parameters of the official pipeline, so that its configuration files are understood, and
are skipped by default, as there. Asked for, they say that they are not there, rather than leave the data as it is.
"""

from gpucal.core import GpucalError, Step


class PlannedStep(Step):
    """A step that can be skipped, and nothing else."""

    input_types = ("RampModel",)

    def process(self, exposure, references):
        """Say that the step is not there.

        Raises
        ------
        GpucalError
            Always.
        """
        raise GpucalError(
            f"gpucal has no step {self.class_alias} yet; leave it out with --steps.{self.class_alias}.skip=true"
        )


class EmiCorrStep(PlannedStep):
    """Subtract the periodic noise of electromagnetic interference from raw ramps (MIRI)."""

    class_alias = "emicorr"
    spec = """
        algorithm = option('sequential', 'joint', default='joint')  # fit noise after the ramps, or with them
        nints_to_phase = integer(default=None)  # integrations that the phase is taken from; sequential
        nbins = integer(default=None)  # bins of a period of the wave; sequential
        scale_reference = boolean(default=True)  # scale the reference wave to the amplitude found; sequential
        onthefly_corr_freq = float_list(default=None)  # frequencies to correct without a reference wave, Hz
        use_n_cycles = integer(default=3)  # periods that the phase is taken from, None for all; sequential
        fit_ints_separately = boolean(default=False)  # fit the noise of each integration by itself; joint
        user_supplied_reffile = string(default=None)  # has given way to override_emicorr
        save_intermediate_results = boolean(default=False)  # save the reference made from given frequencies
        skip = boolean(default=True)  # leave this step out
    """
    reference_file_types = ("emicorr",)


class PictureFrameStep(PlannedStep):
    """Subtract the thermal pattern of the frame round the detector (NIRSpec)."""

    class_alias = "picture_frame"
    spec = """
        mask_science_regions = boolean(default=True)  # leave known science regions out of the fit
        n_sigma = float(default=2.0)  # clip signal this far above the background
        save_mask = boolean(default=False)  # save the mask of the background
        save_correction = boolean(default=False)  # save what is subtracted
        skip = boolean(default=True)  # leave this step out
    """
    reference_file_types = ("pictureframe",)


class CleanFlickerNoiseStep(PlannedStep):
    """Subtract the low-frequency noise that is left in each group after the reference pixel correction."""

    class_alias = "clean_flicker_noise"
    spec = """
        autoparam = boolean(default=False)  # choose parameters of the fit after the data
        fit_method = option('fft', 'median', default='median')  # how the noise is fitted
        fit_by_channel = boolean(default=False)  # fit each amplifier by itself
        background_method = option('median', 'model', 'median_image', None, default='median')  # how the sky is fitted
        background_box_size = int_list(min=2, max=2, default=None)  # box of the background model
        mask_science_regions = boolean(default=False)  # leave known science regions out of the fit
        apply_flat_field = boolean(default=False)  # divide by the flat before the fit
        n_sigma = float(default=2.0)  # clip signal this far above the background
        fit_histogram = boolean(default=False)  # take the spread from a fit to the histogram
        single_mask = boolean(default=True)  # one mask for all integrations
        user_mask = string(default=None)  # file with a mask of the user's
        save_mask = boolean(default=False)  # save the mask
        save_background = boolean(default=False)  # save the background
        save_noise = boolean(default=False)  # save the noise
        skip = boolean(default=True)  # leave this step out
    """
    reference_file_types = ("flat", "pastasoss")
