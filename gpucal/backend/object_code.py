"""Machine code of one function: kept in a file, and loaded into memory by LLVM, without Numba."""

import hashlib
import json
import struct
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from gpucal.backend.code_files import read_own
from gpucal.places import write_private
from gpucal.startup.lazy import LazyModule

llvm = LazyModule("llvmlite.binding")

_turn = Lock()

# Numbers of the ELF format: the type of a section of symbols, and the section of a symbol that is defined elsewhere.
_SYMBOL_TABLE, _UNDEFINED = 2, 0


class UnfitCodeError(Exception):
    """Machine code that cannot be run in this process."""


class ObjectCode(NamedTuple):
    """An object file with one function.

    Attributes
    ----------
    symbol : str
        The name of the function.
    code : bytes
        The file, in the ELF format.
    """

    symbol: str
    code: bytes

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        header = {"symbol": self.symbol, "digest": _digest(self.code)}
        write_private(path, json.dumps(header).encode() + b"\n" + self.code)

    @classmethod
    def read(cls, path: Path) -> "ObjectCode | None":
        """Read it; None if there is no such file, it is damaged, or someone else than the user can change it."""
        header, _, code = (read_own(path) or b"").partition(b"\n")
        try:
            header = json.loads(header)
            return cls(header["symbol"], code) if header["digest"] == _digest(code) else None
        except (ValueError, KeyError):
            return None

    def load(self) -> int:
        """The address of the function in memory, where it stays as long as the process.

        Raises
        ------
        UnfitCodeError
            If it calls something that this process does not have.
        """
        with _turn:
            engine = _engine()
            missing = [name for name in undefined_symbols(self.code) if llvm.address_of_symbol(name) is None]
            if missing:
                raise UnfitCodeError(f"{self.symbol} calls {', '.join(missing)}")
            engine.add_object_file(llvm.ObjectFileRef.from_data(self.code))
            engine.finalize_object()
            return engine.get_function_address(self.symbol)


def processor() -> str:
    """The name and the features of the processor, on which machine code depends."""
    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def undefined_symbols(code: bytes) -> list[str]:
    """The names that an object file takes from elsewhere.

    Raises
    ------
    UnfitCodeError
        If it is no ELF file of 64 bits, its numbers beginning with their least byte.
    """
    if code[:6] != b"\x7fELF\x02\x01":
        raise UnfitCodeError("not in the ELF format")
    (first,) = struct.unpack_from("<Q", code, 40)
    size, count = struct.unpack_from("<HH", code, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, first + size * number) for number in range(count)]
    names = []
    for _, kind, _, _, offset, length, strings, _, _, width in sections:
        for position in range(offset + width, offset + length, width) if kind == _SYMBOL_TABLE else ():
            name, _, _, where = struct.unpack_from("<IBBH", code, position)
            if where == _UNDEFINED:
                start = sections[strings][4] + name
                names.append(code[start : code.index(b"\0", start)].decode())
    return names


@cache
def _engine():
    """LLVM's engine, which loads object files into memory."""
    with suppress(RuntimeError):  # it is done already, since llvmlite 0.45
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


def _digest(code: bytes) -> str:
    return hashlib.sha1(code).hexdigest()
