"""Compile the code of one thread for CUDA.

The arithmetic is that of IEEE 754 and of the CPU: a product is rounded before it is added to something. Left to itself,
the compiler would contract both into one operation that rounds once.
"""

import logging
import re
from typing import NamedTuple

log = logging.getLogger(__name__)

_ENTRY = re.compile(r"\.entry\s+(\w+)")


class Ptx(NamedTuple):
    """The code of a function in CUDA's intermediate language.

    Attributes
    ----------
    text : str
        The code.
    contracted : bool
        Whether products and sums may be contracted in it, for want of a linker that can be told not to.
    """

    text: str
    contracted: bool


def ptx_of(function, types: tuple, capability: tuple[int, int], name: str) -> Ptx:
    """The PTX of a function; needs no device.

    Parameters
    ----------
    function : callable
        A function that Numba can compile.
    types : tuple of Numba types
        The types of its arguments.
    capability : tuple of int
        The compute capability to compile for.
    name : str
        The name that the function gets in the PTX.
    """
    from numba import cuda

    settings = {"device": False, "abi": "numba", "cc": capability}
    try:
        intermediate, _ = cuda.compile(function, types, output="ltoir", **settings)
        text, contracted = _ptx_without_contraction(intermediate, f"-arch=sm_{capability[0]}{capability[1]}"), False
    except Exception as error:
        # The linker is not there, or of a version that works otherwise. The last bit of some results will differ.
        log.warning("Products and sums are contracted in %s, which is not kept (%s)", name, error)
        (text, _), contracted = cuda.compile(function, types, **settings), True
    return Ptx(text.replace(_ENTRY.search(text)[1], name), contracted)


def _ptx_without_contraction(intermediate: bytes, architecture: str) -> str:
    """Compile the intermediate code to the end with NVIDIA's linker, which can be told not to contract."""
    from cuda.bindings import nvjitlink

    options = [architecture, "-lto", "-ptx", "-fma=0"]
    linker = nvjitlink.create(len(options), options)
    try:
        nvjitlink.add_data(linker, nvjitlink.InputType.LTOIR, intermediate, len(intermediate), "kernel")
        nvjitlink.complete(linker)
        ptx = bytearray(nvjitlink.get_linked_ptx_size(linker))
        nvjitlink.get_linked_ptx(linker, ptx)
    finally:
        nvjitlink.destroy(linker)
    return ptx.decode().strip("\0")


def machine_code_of(ptx: str, capability: tuple[int, int]) -> bytes:
    """Machine code for a compute capability."""
    from cuda.core import Linker, LinkerOptions, ObjectCode

    options = LinkerOptions(arch=f"sm_{capability[0]}{capability[1]}")
    return Linker(ObjectCode.from_ptx(ptx.encode()), options=options).link("cubin").code
