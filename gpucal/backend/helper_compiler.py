"""Numba's compiler without its last stage: helpers stay LLVM's intermediate code and never become machine code.

This uses parts of Numba that are not public; `gpucal.backend.helper_code` tries it out before it relies on it.

Source: "Customizing the compiler", https://numba.readthedocs.io/en/stable/developer/custom_pipeline.html.
"""

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.typed_passes import NativeLowering


class HelperLibrary(JITCodeLibrary):
    """The code of one helper, to be linked into that of its callers."""

    @property
    def codegen(self):
        """Itself: Numba calls `set_env` and `get_pointer_to_function` of what this returns."""
        return self

    def set_env(self, name: str, environment) -> None:
        """Do nothing: without machine code there is nothing that would use Numba's environment of Python objects."""

    def get_pointer_to_function(self, name: str) -> int:
        """Null: there is no machine code that a pointer could lead to."""
        return 0

    def _optimize_final_module(self) -> None:
        """Do nothing: the code is optimized as a part of the caller."""

    def _finalize_final_module(self) -> None:
        self._finalized = True


@register_pass(mutates_CFG=False, analysis_only=True)
class KeepAsHelper(AnalysisPass):
    """A stage of the compiler that puts the code of the function into a `HelperLibrary`."""

    _name = "keep_as_helper"

    def __init__(self):
        AnalysisPass.__init__(self)

    def run_pass(self, state) -> bool:
        state.library = HelperLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return True


class HelperCompiler(CompilerBase):
    """Numba's compiler with `KeepAsHelper` before the stage that emits the intermediate code."""

    def define_pipelines(self) -> list:
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(KeepAsHelper, self._last_before_lowering(passes))
        passes.finalize()
        return [passes]

    @staticmethod
    def _last_before_lowering(passes):
        kinds = [kind for kind, _ in passes.passes]
        return kinds[kinds.index(NativeLowering) - 1]
