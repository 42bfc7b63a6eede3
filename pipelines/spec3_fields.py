"""Stage 3 of fields without slits: the spectra of all sources in one product, and their means in another."""

import logging
from dataclasses import replace

from gpucal.core.run.results import save_results
from gpucal.data import Members
from gpucal.data.spectra import Spectra
from gpucal.steps.parts.extraction.field_combination import joined
from gpucal.wcs.region_union import union

log = logging.getLogger(__name__)


def combine_fields(pipeline, members: Members, steps: tuple[str, ...], references) -> None:
    """Extract the sources of all exposures, and combine the spectra of each.

    Parameters
    ----------
    pipeline : Pipeline
        Its steps ``pixel_replace``, ``extract_1d`` and ``combine_1d`` are run; their products are saved.
    members : Members
        Exposures with the box of each source; all boxes of an exposure are extracted at once.
    steps : tuple of str
        The names of the steps, in order.
    references : RunReferences
        Those of the run.
    """
    members = pipeline.run_steps([name for name in steps if name == "pixel_replace"], members, references)
    regions = [exposure.slits[0]["meta.wcsinfo.s_region"] for exposure in members]
    spectra = pipeline.run_beside("extract_1d", members, references, saves=False)
    if spectra is None:
        return
    product = joined(list(spectra))
    product.source = members.name
    product.membership = replace(members.membership, product=members.name, is_alone=True)
    tell_region(product, regions, members)
    save_results(pipeline.extract_1d, product)
    pipeline.run_beside("combine_1d", product, references)


def tell_region(product: Spectra, regions: list[str | None], members: Members) -> None:
    """Write what all exposures cover together into the header of the first table, if all tell what they cover."""
    untold = [exposure.source for exposure, region in zip(members, regions, strict=True) if not region]
    if untold:
        log.warning("S_REGION is not told: %s %s none", ", ".join(untold), "has" if len(untold) == 1 else "have")
        return
    wcs = members[0].slits[0].get_wcs()
    plane, sky = "detector", wcs.frame_names[-1]
    product.spectra[0].values["s_region"] = union(regions, wcs.program(sky, plane), wcs.program(plane, sky))
