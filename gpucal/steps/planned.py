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
