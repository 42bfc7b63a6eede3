"""The residual_fringe step."""

from gpucal.backend import current_backend
from gpucal.backend.traffic import EXPOSURE, TABLES
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data.writing import write_model
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.fringes.image import Image, corrected
from gpucal.steps.parts.fringes.reference import FringeReference
from gpucal.steps.parts.fringes.reports import images_of, model_of, table_of

# The plane of the regions whose pixels see at least 80 % of the light of their slice.
PLANE = 7


class ResidualFringeStep(Step):
    """Divide exposures of MIRI's medium resolution spectrometer by the fringes that the fringe flat leaves.

    Sines of the wavenumber are fitted to each column of a slice, of the periods that the reference tells, as many as
    the evidence is for, and divided out. Columns of little signal stay as they are, and those in which the fit fails:
    the log tells how many, and why. Errors and flags stay; what is flagged DO_NOT_USE becomes NaN.

    Notes
    -----
    The algorithms are in `gpucal.kernels.fringes` and `gpucal.steps.parts.fringes`.
    """

    class_alias = "residual_fringe"
    spec = """
        skip = boolean(default=True)  # it is left out unless it is asked for
        save_intermediate_results = boolean(default=False)  # save a table of the fringes, and images of the fits
        search_output_file = boolean(default=False)  # read for jwst's sake: products are named after their inputs
        ignore_region_min = list(default=None)  # shortest wavelengths of regions in which nothing is fitted, micron
        ignore_region_max = list(default=None)  # longest wavelengths of these regions
        suffix = string(default='residual_fringe')  # last part of the name of the product
    """
    reference_file_types = ("fringefreq", "regions")
    input_types = ("IFUImageModel",)

    def check_applies(self, exposure):
        """Skip all but exposures of the medium resolution spectrometer.

        Raises
        ------
        GpucalError
            If the fringe flat was not applied, or regions to be ignored have no end.
        """
        kind = str(exposure.meta.exposure.type).upper()
        if kind != "MIR_MRS":
            raise SkipStep(f"exposures of type {kind} have no such fringes")
        self.ignored_regions()

    def process(self, exposure, references):
        """Remove the fringes.

        Raises
        ------
        GpucalError
            If the fringe flat was not applied.
        """
        if str(exposure.meta.cal_step.fringe).upper() != "COMPLETE":
            raise GpucalError(
                f"{exposure.source}: the step fringe has to be run before residual_fringe, and S_FRINGE is "
                f"{exposure.meta.cal_step.fringe}"
            )
        backend, slices = current_backend(), slices_in(references["regions"], exposure)
        reference = FringeReference(references["fringefreq"], exposure.meta.instrument.band)
        on_host = [backend.asnumpy(array, EXPOSURE) for array in (exposure.data, exposure.err, exposure.dq)]
        wavelengths = backend.asnumpy(exposure.ifu_slices.world[2], TABLES)
        made = corrected(Image(*on_host, wavelengths, slices), reference, self.ignored_regions())
        exposure.data = backend.asarray(made.data, EXPOSURE)
        if self.save_intermediate_results:
            write_model(table_of(made), self.output_path(exposure, suffix="out_table", ext=".ecsv"))
            model = model_of(images_of(made), exposure)
            write_model(model, self.output_path(exposure, suffix="fit_results", ext=".fits"))
        return exposure

    def ignored_regions(self) -> list[tuple[float, float]]:
        """Between which wavelengths, micron, nothing is fitted.

        Raises
        ------
        GpucalError
            If there are not as many ends as beginnings, or one is not a number.
        """
        try:
            ends = [list(map(float, values or ())) for values in (self.ignore_region_min, self.ignore_region_max)]
        except ValueError as error:
            raise GpucalError(f"ignore_region_min and ignore_region_max are no wavelengths: {error}") from error
        if len(ends[0]) != len(ends[1]):
            raise GpucalError(
                f"ignore_region_min has {len(ends[0])} wavelengths, and ignore_region_max {len(ends[1])}: give as many"
            )
        return list(zip(*ends, strict=True))


def slices_in(regions, exposure):
    """The slice of each pixel, (ny, nx) integers on the host.

    Raises
    ------
    ReferenceFileError
        If the reference lacks the plane, or is of another shape than the exposure.
    """
    planes = regions.array("regions")
    shape = exposure.shape_of("data")
    if planes is None or planes.ndim != 3 or len(planes) <= PLANE or planes.shape[1:] != shape:
        found = None if planes is None else planes.shape
        raise ReferenceFileError(
            f"{regions.label}: its regions have shape {found}, and a plane {PLANE} of shape {shape} is needed"
        )
    return current_backend().asnumpy(planes[PLANE], TABLES)
