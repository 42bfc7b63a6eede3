"""The associations of an imaging observation: which exposures stages 2 and 3 combine."""

from pathlib import Path

from gpucal.associations import Association, from_list, write_association
from gpucal.simulate.metadata import PROGRAM
from gpucal.simulate.observation import ObservedExposure
from gpucal.simulate.optics import Band
from gpucal.simulate.plan import BACKGROUND, SCIENCE

OBSERVATION = f"jw{PROGRAM}-o001"


def write_level2(directory: Path, exposures: list[ObservedExposure]) -> Path:
    """Write the association of stage 2: each science exposure is a product, with the backgrounds of its detector."""
    products = []
    for exposure in exposures:
        if exposure.role == SCIENCE:
            beside = [
                one.product("rate") for one in exposures if (one.role, one.detector) == (BACKGROUND, exposure.detector)
            ]
            products += from_list([exposure.product("rate")], others={BACKGROUND: beside}, stage=2).products
    path = directory / f"{OBSERVATION}_image2_asn.json"
    write_observed(products, "image2", "DMSLevel2bBase", path)
    return path


def write_level3(directory: Path, exposures: list[ObservedExposure], wave_front: bool) -> tuple[Path, ...]:
    """Write the associations of stage 3: one for each band; for the wave front, of pairs of exposures."""
    science = [exposure for exposure in exposures if exposure.role == SCIENCE]
    kind = "wfs-image3" if wave_front else "image3"
    paths = []
    for instrument, band in dict.fromkeys((exposure.instrument, exposure.band) for exposure in science):
        members = [exposure for exposure in science if exposure.band == band]
        name = f"{OBSERVATION}_t001_{instrument.lower()}_{optics_name(band)}"
        groups = _pairs(name, members) if wave_front else {name: members}
        products = []
        for title, group in groups.items():
            products += from_list([one.product("cal") for one in group], title).products
        paths.append(directory / f"{name}_{kind}_asn.json")
        write_observed(products, kind, "DMS_Level3_Base", paths[-1])
    return tuple(paths)


def optics_name(band: Band) -> str:
    """How the names of products tell a band, such as ``clear-f444w``."""
    return "-".join(sorted(element.lower() for element in (band.pupil, band.filter) if element)) or "clear"


def _pairs(name, members):
    """Two exposures in a row of a detector, by the name of their product."""
    groups = {}
    for member in members:
        title = f"{name}_{member.detector.lower()}-{(member.number + 1) // 2:02d}"
        groups.setdefault(title, []).append(member)
    return groups


def write_observed(products, kind: str, rule: str, path) -> None:
    """Write an association of simulated exposures."""
    made = Association(
        tuple(products),
        asn_id="o001",
        asn_type=kind,
        asn_rule=rule,
        asn_pool="none",
        program=PROGRAM,
        target="t001",
    )
    write_association(made, path)
