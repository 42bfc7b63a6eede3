"""One reference file: its metadata on the host, its arrays on the backend."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.traffic import REFERENCES
from gpucal.data.files.outline import Outline, images_of, read_outline
from gpucal.data.files.quiet import quietly
from gpucal.data.files.rectangle import Rectangle
from gpucal.data.segments import superstripes_of
from gpucal.errors import GpucalError
from gpucal.readouts.stripes import is_multistripe, stripe_readout
from gpucal.readouts.subarray import Region, SubarrayError, region_of
from gpucal.reference import store
from gpucal.reference.models import PRIMARY_ARRAYS, model_class_of
from gpucal.reference.stripe_cut import StripeCut, stripe_cut
from gpucal.startup.asdf_start import all_extensions
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model
from gpucal.wcs.documents import read_metadata, read_table

log = logging.getLogger(__name__)

# An array of more bytes than this is not worth keeping on a CPU if it is used once: its file is in the system's cache.
LARGE = 32 * 2**20


class ReferenceFileError(GpucalError):
    """A reference file is missing or cannot be used; the message names it and says what to do."""


class Reference:
    """A reference file, opened when first needed.

    Parameters
    ----------
    kind : str
        The reference type, such as ``dark``.
    source : str, Path or `stdatamodels.jwst.datamodels.JwstDataModel`
        The file, or an open model given as an override.
    from_crds : bool
        Whether CRDS chose the file; it is then named ``crds://...`` in the product's header.
    """

    def __init__(self, kind: str, source, from_crds: bool = False):
        self.kind = kind
        self._given = source if isinstance(source, datamodels.JwstDataModel) else None
        self.path = None if self._given is not None else Path(source)
        self.from_crds = from_crds
        self._model = self._given
        self._outline = None if self._given is None else Outline(self._given, {}, frozenset())

    def __repr__(self) -> str:
        return f"Reference({self.kind!r}, {str(self.path or self._given)!r})"

    @property
    def label(self) -> str:
        """How the product's header names the reference."""
        if self._given is not None:
            return self._given.override_handle
        return f"crds://{self.path.name}" if self.from_crds else str(self.path.resolve())

    @property
    def model(self) -> datamodels.JwstDataModel:
        """The whole model, on the host.

        Raises
        ------
        ReferenceFileError
            If the file is not there, or is not a reference of this type.
        """
        if self._model is None:
            self._model = self._read(self._open)
        return self._model

    @property
    def outline(self) -> Outline:
        """The model but for its images; see `model` for what is raised."""
        if self._outline is None:
            self._outline = self._read(self._open_outline)
        return self._outline

    @property
    def meta(self):
        """The metadata tree; kept, so that it is there when the file is not opened again."""
        return self._kept("meta", self._metadata).meta

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the main array, whose last two axes are the detector's rows and columns; kept like `meta`."""
        return self._kept("shape", self._find_shape)

    def _find_shape(self) -> tuple[int, ...]:
        primary = PRIMARY_ARRAYS.get(self.kind, "data")
        held = self.outline.images.get(primary)
        if held is None:
            held = getattr(self.model, primary, None)
        if held is None:
            raise ReferenceFileError(f"{self.label}: holds no {primary} array; it is no {self.kind} reference")
        return held.shape

    @property
    def region(self) -> Region:
        """The part of the detector that the reference covers.

        Raises
        ------
        SubarrayError
            If its subarray keywords are missing or impossible.
        """
        return self._kept("region", lambda: region_of(self.meta, self.shape))

    def array(self, name: str, exposure=None, counts: tuple[int, ...] = ()):
        """An array of the reference, on the backend.

        Parameters
        ----------
        name : str
            The array's name in the model, such as ``data`` or ``dq``.
        exposure : Exposure or Rectangle, optional
            Cut the array's last two axes to this exposure's subarray, or to its stripes; or to these rows and columns.
            For superstripes there is one image more for each of their positions: (..., nstripes, ny, nx).
        counts : tuple of int, optional
            How many images to take along each of the first axes; by default all.

        Returns
        -------
        backend array or None
            In native byte order; to be read, never written. None if the reference holds no such array.

        Raises
        ------
        ReferenceFileError
            If the reference does not cover the exposure's subarray, or belongs to another detector.
        """
        cut = exposure if exposure is None or isinstance(exposure, Rectangle) else self._cut(exposure)
        return self._kept((name, cut, counts, current_backend().name), lambda: self._make(name, cut, counts))

    def parts(self, name: str, exposure, counts: tuple[int, ...] = ()) -> Iterator[tuple[slice, object]]:
        """An array that an exposure uses once, and that may be large.

        On a device there is one part, the whole array, which is kept there. On a CPU a large array is decoded some rows
        at a time and not kept: its file is in the system's cache of files already. When a process asks for the same
        array a second time, as a batch of such exposures does, the whole of it is read and kept.

        Parameters
        ----------
        name, exposure, counts
            As in `array`.

        Yields
        ------
        slice
            Rows of the exposure.
        backend array
            The same rows of all images; valid until the next part.

        Raises
        ------
        ReferenceFileError
            As in `array`, if it is NaN throughout after the last part.
        """
        cut = self._cut(exposure)
        in_parts = self._given is None and not isinstance(cut, StripeCut) and self._is_for_parts(exposure)
        if not in_parts or store.asked_before((str(self.path), self._changed, name, cut, counts)):
            yield slice(None), self.array(name, exposure, counts)
            return
        useless = True
        for rows, part in self._parts_read(name, cut, counts):
            useless = useless and _is_nan_throughout(part)
            yield rows, part
        if useless:
            self._refuse_nan(name)

    def _is_for_parts(self, exposure) -> bool:
        """Whether its main array, cut to an exposure, is too large to be kept beside the file."""
        pixels = math.prod(self.shape[:-2]) * math.prod((exposure.shape_of("data") or ())[-2:])
        return current_backend().xp is np and pixels * np.dtype(np.float32).itemsize > LARGE

    def _parts_read(self, name: str, cut: Rectangle, counts: tuple[int, ...]) -> Iterator[tuple[slice, object]]:
        """The parts of an array, errors of reading told as in `array`."""
        stored = self.outline.images.get(name)
        if stored is None:
            yield slice(None), self._read(lambda: self._moved(name, cut, counts))
            return
        self._check_shape(name, stored.shape)
        parts = stored.parts(REFERENCES, cut, counts)
        while (part := self._read(lambda: next(parts, None))) is not None:
            yield part

    def nbytes(self, exposure) -> int:
        """The most bytes that its arrays take when they are cut to an exposure; without errors, which no step uses.

        Parameters
        ----------
        exposure : Exposure
            Its images' shape counts for that of the reference's images, if these are larger.
        """
        image = math.prod((exposure.shape_of("data") or ())[-2:])
        planes = self._kept("planes", self._planes)
        return sum(count * min(pixels, image) * itemsize for count, pixels, itemsize in planes)

    def _planes(self) -> list[tuple[int, int, int]]:
        """For each array: how many images it has, their pixels, and the bytes of one."""
        if self._is_document or self.is_text:
            return []
        held = {**self.outline.model._instance, **self.outline.images}
        arrays = [array for name, array in held.items() if name != "err" and len(getattr(array, "shape", ())) >= 2]
        return [
            (math.prod(array.shape[:-2]), math.prod(array.shape[-2:]), array.dtype.itemsize) for array in arrays
        ]

    def table(self, name: str) -> np.ndarray | None:
        """A table of the reference, on the host."""
        table = self._kept(("table", name), lambda: self._find_table(name))
        return None if table is None else np.asarray(table)

    def _find_table(self, name: str):
        """A table; of an ASDF file without the packages that would make an object of it, if it is a plain one."""
        table = self._read(lambda: read_table(self.path, name)) if self._is_document else None
        return getattr(self.outline.model, name, None) if table is None else table

    def close(self) -> None:
        """Let the host copy go, and the file; arrays on the backend stay."""
        if self._given is not None:
            return
        if self._model is not None:
            self._model.close()
        self._model = self._outline = None

    def _open(self) -> datamodels.JwstDataModel:
        if self._is_document:
            all_extensions()
        model_class = model_class_of(self.kind, self.path)
        with quietly():
            return datamodels.open(self.path) if model_class is None else new_model(model_class, self.path)

    def _open_outline(self) -> Outline:
        model_class = model_class_of(self.kind, self.path)
        outline = None
        if model_class is not None and self.path.suffix == ".fits":
            outline = read_outline(self.path, model_class, validate_on_assignment=False)
        return outline or Outline(self.model, {}, frozenset())

    def _metadata(self) -> datamodels.JwstDataModel:
        """A model that has the metadata; of an ASDF file these alone, without the packages that make its transforms."""
        if self.is_text:
            told = {"instrument": {"name": None}}
            if self.path.suffix == ".json":
                document = self.document
                told = {"instrument": {"name": document.get("INSTRUMENT")}, "reftype": document.get("REFTYPE")}
            return datamodels.ReferenceFileModel({"meta": told})
        if not self._is_document:
            return self.outline.model
        with quietly():
            return datamodels.ReferenceFileModel({"meta": self._read(lambda: read_metadata(self.path))})

    @property
    def is_text(self) -> bool:
        """Whether it is a document in JSON, or a table of text."""
        return self.path is not None and self.path.suffix in (".json", ".csv", ".ecsv")

    @property
    def document(self) -> dict:
        """The content of a document in JSON.

        Raises
        ------
        ReferenceFileError
            If it is none.
        """
        made = self._kept("document", lambda: self._read(lambda: json.loads(self.path.read_text())))
        if not isinstance(made, dict):
            raise ReferenceFileError(f"{self.kind} reference {self.label}: is no document of names and values")
        return made

    @property
    def _is_document(self) -> bool:
        """Whether it is an ASDF file: such hold transforms and tables, no images."""
        return self.path is not None and self.path.suffix == ".asdf"

    def _read(self, reader: Callable):
        """The file, read by a function of its path and its class of models; errors are told for people."""
        try:
            return reader()
        except ReferenceFileError:
            raise
        except FileNotFoundError as error:
            raise ReferenceFileError(f"{self.kind} reference {self.path}: no such file") from error
        except MemoryError:
            raise
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ReferenceFileError(
                f"{self.kind} reference {self.path}: cannot be read ({reason})"
            ) from error

    def _make(self, name: str, cut: Rectangle | StripeCut | None, counts: tuple[int, ...]):
        stored = self.outline.images.get(name)
        if stored is not None and not isinstance(cut, StripeCut):
            self._check_shape(name, stored.shape)
            array = self._read(lambda: stored.load(REFERENCES, cut, counts))
        else:
            array = self._moved(name, cut, counts)
        if array is None:
            return None
        if _is_nan_throughout(array):
            self._refuse_nan(name)
        if isinstance(array, np.ndarray):
            array = array.view()
            array.flags.writeable = False
        return array

    def _check_shape(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise if an array has another number of axes than its type asks for, or other images than the main array."""
        listed = images_of(self.outline.model).get(name)
        naxes = {2, len(self.shape)} if listed is None or listed.ndim is None else {listed.ndim}
        is_image = len(shape) > 1 and shape[-2:] == self.shape[-2:]
        if 0 in shape:
            raise ReferenceFileError(f"{self.kind} reference {self.label}: its {name} array {shape} is empty")
        if len(shape) not in naxes or not is_image:
            raise ReferenceFileError(
                f"{self.kind} reference {self.label}: its {name} array has shape {shape}; it has to have "
                f"{' or '.join(map(str, sorted(naxes)))} axes, the last two of {self.shape[-2:]}"
            )

    def _refuse_nan(self, name: str) -> None:
        raise ReferenceFileError(f"{self.kind} reference {self.label}: its {name} array is NaN throughout")

    def _moved(self, name: str, cut: Rectangle | StripeCut | None, counts: tuple[int, ...]):
        """An array of the whole model, cut on the host."""
        outline = self.outline
        if name in outline.defaults:
            host = images_of(outline.model)[name].made_for(self.shape)
        elif name in outline.images or outline.model._instance.get(name) is not None:
            host = getattr(self.model, name)
        else:
            return None
        self._check_shape(name, host.shape)
        host = host[tuple(map(slice, counts))]
        return current_backend().asarray(host if cut is None else cut.of(host), REFERENCES)

    def _cut(self, exposure) -> Rectangle | StripeCut:
        """The rows and columns of this reference that the exposure's subarray covers.

        A reference of the same stripe subarray holds the stripes already, and is not cut. Those of superstripes always
        are: they need an image for each position.
        """
        meta = exposure.meta
        try:
            needed = region_of(meta, exposure.data.shape)
            readout = stripe_readout(meta) if is_multistripe(meta) else None
        except SubarrayError as error:
            raise ReferenceFileError(f"{exposure.source}: {error}") from error
        try:
            if readout is not None and (superstripes_of(meta) or needed != self.region):
                return stripe_cut(readout, needed, self.region)
            return needed.within(self.region)
        except SubarrayError as error:
            raise ReferenceFileError(
                f"{self.kind} reference {self.label} does not match the exposure: {error}"
            ) from error

    def _kept(self, what, make):
        """An item of this file from the store; if missing, it is made and kept there. Open models keep nothing."""
        if self._given is not None:
            return make()
        return store.fetch((str(self.path), self._changed, what), make)

    @cached_property
    def _changed(self) -> int:
        """When the file was last changed: a part of the key in the store, so that an edited file is read again."""
        try:
            return self.path.stat().st_mtime_ns
        except FileNotFoundError as error:
            raise ReferenceFileError(f"{self.kind} reference {self.path}: no such file") from error


def _is_nan_throughout(array) -> bool:
    if array.dtype.kind != "f" or not array.size:
        return False
    isnan = array_namespace(array).isnan
    return bool(isnan(array.reshape(-1)[0])) and bool(isnan(array).all())
