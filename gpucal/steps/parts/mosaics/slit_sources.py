"""Which slits of exposures show the same source."""

from collections.abc import Sequence

from gpucal.steps.parts.mosaics.slit_drizzling import SlitImage


def sources_of(exposures: Sequence) -> list[list[SlitImage]]:
    """The slits of exposures by source, in order of first appearance.

    Parameters
    ----------
    exposures : sequence of Exposure
        Lists of slits.

    Returns
    -------
    list of list of SlitImage
        Those of one source each: of one name, or, where slits name no source, of one number.
    """
    sources: dict[str, list[SlitImage]] = {}
    for exposure in exposures:
        for slit in exposure.slits:
            name = str(slit["source_name"] or "").strip() or str(slit["source_id"])
            sources.setdefault(name, []).append(SlitImage(slit, exposure))
    return list(sources.values())
