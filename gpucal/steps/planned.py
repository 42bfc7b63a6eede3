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
