"""The stack_refs step."""

import numpy as np

from gpucal.backend import current_backend
from gpucal.core import Step
from gpucal.steps.parts.starlight.alike import check_same_optics

# Planes of the stack, and of which type they are.
PLANES = {"data": np.float32, "err": np.float32, "dq": np.uint32}


class StackRefsStep(Step):
    """Put the integrations of all exposures of reference stars into one cube, in order.

    It has the header of the first of them. Exposures that lack errors or flags have NaN, or no flags, in their place.
    """

    class_alias = "stack_refs"
    status_name = "stack_psfs"
    suffix_in_pipeline = "psfstack"
    spec = ""
    over_members = True
    input_types = ("CubeModel",)

    def process(self, members, references):
        """Stack the integrations.

        Raises
        ------
        InputError
            If exposures differ in size, or were taken with different optics.
        """
        check_same_optics(list(members))
        xp = current_backend().xp
        counts = [exposure.shape_of("data")[0] for exposure in members]
        shape = sum(counts), *members[0].shape_of("data")[1:]
        blanks = {"data": np.nan, "err": np.nan, "dq": 0}
        planes = {name: xp.full(shape, blanks[name], dtype) for name, dtype in PLANES.items()}
        for place, last in enumerate(np.cumsum(counts).tolist()):
            with members.lease(place, keep=False) as exposure:
                for name, stack in planes.items():
                    if exposure.has(name):
                        stack[last - counts[place] : last] = getattr(exposure, name)
        made = members.blank("CubeModel", **planes)
        made.meta.asn.exptype = None  # which is that of members, as it is none
        return made
