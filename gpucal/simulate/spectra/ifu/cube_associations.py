"""The associations of an observation with an integral field unit: which exposures stages 2 and 3 combine."""

from pathlib import Path

from gpucal.associations import from_list
from gpucal.simulate.imaging_associations import OBSERVATION, write_observed
from gpucal.simulate.spectra.ifu.cube_observation import (
    BACKGROUND,
    IMPRINT,
    SCIENCE,
    CubeExposure,
    CubeObservation,
)


def associated(
    directory: Path, exposures: tuple[CubeExposure, ...], plan, references: dict, store, *names: str
) -> CubeObservation:
    """Write the associations of exposures, and what the observation is beside them.

    Parameters
    ----------
    directory : Path
    exposures : tuple of CubeExposure
    plan : MrsPlan or NirspecIfuPlan
        What was observed.
    references : dict
        Reference type -> Path inside the cache.
    store : CrdsCache
    *names : str
        The instrument, and what follows: see `write_level3`.
    """
    level2, alone = (write_level2(directory, exposures, with_backgrounds) for with_backgrounds in (True, False))
    level3 = write_level3(directory, exposures, *names)
    target = plan.ra, plan.dec
    observation = CubeObservation(
        exposures, level2, alone, (level3,), plan.scene, target, references, store.path, store.context
    )
    observation.save(directory)
    return observation


def write_level2(directory: Path, exposures: list[CubeExposure], with_backgrounds: bool) -> tuple[Path, ...]:
    """Write the associations of stage 2: one for each science exposure, with what its detector took so beside it.

    Parameters
    ----------
    directory : Path
    exposures : list of CubeExposure
    with_backgrounds : bool
        Whether backgrounds are members; imprints always are.

    Returns
    -------
    tuple of Path
        In the order of the science exposures.
    """
    roles = (IMPRINT, BACKGROUND) if with_backgrounds else (IMPRINT,)
    kind = "spec2" if with_backgrounds else "alone_spec2"
    paths = []
    for exposure in exposures:
        if exposure.role != SCIENCE:
            continue
        beside = {
            role: [str(one.path) for one in exposures if one.role == role and _alike(one, exposure)] for role in roles
        }
        made = from_list([exposure.path], others=beside, stage=2)
        of = "-".join(part for part in (exposure.detector.lower(), exposure.setting.lower()) if part)
        paths.append(directory / f"{OBSERVATION}_{exposure.number:05d}_{of}_{kind}_asn.json")
        write_observed(made.products, "spec2", "DMSLevel2bBase", paths[-1])
    return tuple(paths)


def _alike(one, other):
    return (one.detector, one.setting) == (other.detector, other.setting)


def write_level3(directory: Path, exposures: list[CubeExposure], instrument: str, optics: str = "") -> Path:
    """Write the association of stage 3 of all science exposures.

    Parameters
    ----------
    directory : Path
    exposures : list of CubeExposure
    instrument : str
        As the product's name has it, such as ``nirspec``.
    optics : str
        What follows in the product's name.
    """
    name = "_".join(part for part in (OBSERVATION, "t001", instrument, optics) if part)
    made = from_list([one.product("cal") for one in exposures if one.role == SCIENCE], name)
    path = directory / f"{name}_spec3_asn.json"
    write_observed(made.products, "spec3", "DMS_Level3_Base", path)
    return path
