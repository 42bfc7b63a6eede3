"""How a step names its products, and saves them."""

from pathlib import Path
from typing import ClassVar

from gpucal.core.configurable import Configurable
from gpucal.data import Exposure, write_model
from gpucal.data.reading import expand
from gpucal.data.writing import FORMATS
from gpucal.names.products import product_path


class Saving(Configurable):
    """Names and files of products, as the parameters of a step say.

    Attributes
    ----------
    suffix_in_pipeline : str or None
        What its product is called as one of a pipeline: ``i2d`` of ``resample``.
    formats : tuple of str
        Extensions of files that ``output_ext`` may be.
    """

    suffix_in_pipeline: ClassVar[str | None] = None
    formats: ClassVar[tuple[str, ...]] = FORMATS

    @property
    def saves(self) -> bool:
        """Whether the step is to save its result: for itself, or as a product of the pipeline that it is in."""
        if self.parent is None:
            return bool(self.save_results or self.output_file)
        is_product = self.name in self.parent.product_steps and self.parent.saves
        return not self.skip and bool(self.save_results or self.output_file or is_product)

    def product_suffix(self, exposure: Exposure) -> str:
        """The last part of the name of the step's product: its ``suffix``, or its name.

        In a pipeline ``suffix_in_pipeline``, if it has that.
        """
        usual = self.name.lower() if self.parent is None else self.suffix_in_pipeline or self.name.lower()
        return self.suffix or usual

    def output_path(
        self,
        exposure: Exposure,
        suffix: str | None = None,
        ext: str | None = None,
        index: int | None = None,
        output_file=None,
    ) -> Path:
        """Where a product of this step goes.

        Parameters
        ----------
        exposure : Exposure
            The product, which knows the input it came from.
        suffix : str, optional
            By default `product_suffix`.
        ext : str, optional
            By default ``output_ext``.
        index : int, optional
            Number of the product when there are several.
        output_file : str, optional
            A name to use in place of the step's ``output_file``.

        Returns
        -------
        Path
            The path; its directory may not exist yet.
        """
        membership = exposure.membership
        if output_file is None and not membership.is_named:
            output_file = self.search("output_file") if self.search_output_file else self.output_file
        name = membership.product if membership.is_alone and not self.over_members else exposure.source
        source = (self.output_use_model and exposure.meta.filename) or name
        asn_id = membership.asn_id if self.names_association else None
        directory = self.search("output_dir")
        return product_path(
            source,
            suffix or self.product_suffix(exposure),
            output_dir=None if directory is None else expand(directory),
            output_file=output_file,
            ext=ext or self.output_ext,
            index=index if self.output_use_index else None,
            components=() if asn_id is None else (asn_id,),
        )

    def save_model(
        self, model, suffix: str | None = None, idx: int | None = None, output_file=None, force: bool = False
    ) -> Path | None:
        """Save a model under the name of a product of this step, if the step is to save its results.

        Parameters
        ----------
        model : model or Exposure
            Its ``meta.filename``, of which the name is made, becomes the name of the file.
        suffix, idx, output_file
            As ``suffix``, ``index`` and ``output_file`` of `output_path`.
        force : bool
            Save also where neither ``save_results`` nor ``output_file`` asks for it.

        Returns
        -------
        Path or None
            The file; None where nothing was saved.

        Raises
        ------
        OutputError
            If it cannot be written.

        Examples
        --------
        >>> from gpucal.steps import SaturationStep
        >>> step = SaturationStep(output_dir="saved")
        >>> step.save_model(step.run("exposure_uncal.fits"), "flagged", output_file="mine").name
        'mine_flagged.fits'
        """
        if not (force or output_file or self.saves):
            return None
        exposure = model if isinstance(model, Exposure) else Exposure(model)
        return self.save(exposure, suffix, idx, output_file)

    def save(
        self,
        exposure: Exposure,
        suffix: str | None = None,
        index: int | None = None,
        output_file=None,
        *,
        gives: bool = False,
    ) -> Path:
        """Write a product, whole or not at all; its ``meta.filename`` becomes the name of the file.

        Parameters
        ----------
        exposure : Exposure
            The product.
        suffix, index, output_file
            See `output_path`.
        gives : bool
            Whether its arrays are given to who writes them, rather than copied where that is another thread: nobody may
            even look at them any more, since they are changed while they are written.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        path = self.output_path(exposure, suffix, exposure.extension, index, output_file)
        exposure.meta.filename = path.name
        model = exposure.snapshot()
        is_used = bool(exposure.arrays) or any(slit.arrays for slit in exposure.slits)
        return write_model(model, path, may_change=is_used and not gives)
