"""Numba's compiler of functions, but for the end: the code of a helper stays the intermediate code of LLVM.

This rests on what Numba calls internal; `gpucal.backend.helper_code` tries it before it is used.

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
        """This library itself, where Numba asks for what holds the environment of the machine code."""
        return self

    def set_env(self, name: str, environment) -> None:
        """There is no machine code, and nothing in it that could use an environment."""

    def get_pointer_to_function(self, name: str) -> int:
        """There is no such function."""
        return 0

    def _optimize_final_module(self) -> None:
        """The caller does it."""

    def _finalize_final_module(self) -> None:
        self._finalized = True


@register_pass(mutates_CFG=False, analysis_only=True)
class KeepAsHelper(AnalysisPass):
    """Let the code of a function be that of a helper."""

    _name = "keep_as_helper"

    def __init__(self):
        AnalysisPass.__init__(self)

    def run_pass(self, state) -> bool:
        state.library = HelperLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return True


class HelperCompiler(CompilerBase):
    """Numba's compiler of functions, but for the end."""

    def define_pipelines(self) -> list:
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(KeepAsHelper, self._last_before_lowering(passes))
        passes.finalize()
        return [passes]

    @staticmethod
    def _last_before_lowering(passes):
        kinds = [kind for kind, _ in passes.passes]
        return kinds[kinds.index(NativeLowering) - 1]
