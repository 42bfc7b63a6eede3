"""Best references chosen through gpucal are those that CRDS itself chooses, on real headers and real rules.

``tests/data/crds`` holds the rules of context ``jwst_0676.pmap``; ``tests/data/headers`` level-1b headers of
NIRCam and FGS exposures from flight, without their pixels.
"""

from pathlib import Path

import pytest
from astropy.io import fits
from crds.core import config, rmap

from gpucal.data import open_exposure
from gpucal.reference import ReferenceFileError, best_references, crds_parameters, parameter_references
from gpucal.simulate.crds_cache import crds_environment

DATA = Path(__file__).parents[1] / "files"
CONTEXT = "jwst_0676.pmap"
STAGE_1_TYPES = ("dark", "gain", "ipc", "linearity", "mask", "readnoise", "saturation", "superbias")
STAGE_2_TYPES = ("distortion", "flat", "photom", "area")
HEADERS = sorted((DATA / "headers").glob("*.fits"))


@pytest.fixture
def cache(tmp_path):
    """The real rules in a cache of its own, with no reference file in it."""
    (tmp_path / "config").symlink_to(DATA / "crds" / "config")
    (tmp_path / "mappings").symlink_to(DATA / "crds" / "mappings")
    variables = {
        "CRDS_PATH": str(tmp_path),
        "CRDS_SERVER_URL": "https://jwst-serverless-mode.stsci.edu",
        "CRDS_CONTEXT": CONTEXT,
    }
    with crds_environment(variables):
        yield tmp_path


def put_in_cache(name: str) -> None:
    """Make an empty file where the cache would hold a reference."""
    path = Path(config.locate_file(name, "jwst"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def chosen_by_crds(header: Path, types) -> dict[str, str]:
    """The choice of the CRDS rules, from the FITS header as it stands."""
    cards = fits.getheader(header)
    selectors = {key: str(value) for key, value in cards.items() if key and key != "COMMENT"}
    selectors |= {key: {"True": "T", "False": "F"}.get(value, value) for key, value in selectors.items()}
    mapping = rmap.get_cached_mapping(CONTEXT)
    found = mapping.get_best_references(mapping.minimize_header(selectors), include=list(types))
    return {kind: "N/A" if "n/a" in name.lower() else name for kind, name in found.items()}


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.stem)
def test_the_choice_is_that_of_crds(header, cache):
    types = STAGE_1_TYPES if "nrca" in header.name else ("mask",)
    types += STAGE_2_TYPES
    expected = chosen_by_crds(header, types)
    expected = {kind: name for kind, name in expected.items() if not name.startswith("NOT FOUND")}
    assert len(expected) >= (6 if "nrca" in header.name else 1)
    for name in expected.values():
        if name != "N/A":
            put_in_cache(name)
    ours = best_references(crds_parameters(open_exposure(header).model), expected)
    assert {kind: Path(path).name if path != "N/A" else path for kind, path in ours.items()} == expected


def parameters_of(name: str, **changed) -> dict:
    """What CRDS selects by, for one of the headers."""
    header = next(path for path in HEADERS if name in path.name)
    return crds_parameters(open_exposure(header).model) | changed


def test_what_the_rules_have_no_row_for_is_an_error_or_not_applicable(cache):
    given = parameters_of("nrca2", **{"meta.subarray.name": "SUBXYZ"})
    put_in_cache("jwst_nircam_gain_0052.fits")
    with pytest.raises(ReferenceFileError) as error:
        best_references(given, ["dark", "gain"])
    assert str(error.value) == (
        "CRDS (jwst_0676.pmap) has no dark reference for meta.exposure.type = NRC_CORON, "
        "meta.instrument.detector = NRCA2, meta.subarray.name = SUBXYZ, meta.observation.date = 2022-05-14, "
        "meta.observation.time = 18:15:30.545; name files with --override_<type>"
    )
    found = best_references(given, ["dark", "gain"], optional=["dark"])
    assert found["dark"] == "N/A" and Path(found["gain"]).is_file()


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"CRDS_PATH": None}, r"there is no CRDS cache, and no server answers; check CRDS_PATH \(not set\)"),
        ({"CRDS_CONTEXT": "garbage"}, "not 'garbage'"),
        ({"CRDS_CONTEXT": "jwst-edit"}, r"it knows of no 'edit_context'; check .* CRDS_CONTEXT \(jwst-edit\)"),
        ({"CRDS_CONTEXT": "jwst_0001.pmap"}, "the cache lacks rules of context jwst_0001.pmap"),
    ],
)
def test_why_crds_does_not_answer_is_told_in_one_line(cache, variables, reason, monkeypatch, capfd):
    given = parameters_of("nrca2")
    with crds_environment({}):
        for name, value in variables.items():
            monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
        with pytest.raises(ReferenceFileError, match=reason) as error:
            best_references(given, ["gain"])
        assert parameter_references(given, ["pars-jumpstep"]) == {}
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_a_reference_that_the_cache_lacks_is_named(cache):
    header = next(path for path in HEADERS if "nrca2" in path.name)
    expected = chosen_by_crds(header, ["gain"])["gain"]
    with pytest.raises(ReferenceFileError, match=f"(?s){expected}.*CRDS_PATH.*--override_"):
        best_references(crds_parameters(open_exposure(header).model), ["gain"])
