"""Best references chosen through gpucal are those that CRDS itself chooses, on real headers and real rules.

``tests/data/crds`` holds the rules of context ``jwst_0676.pmap``; ``tests/data/headers`` level-1b headers of
NIRCam and FGS exposures from flight, without their pixels.
"""

from pathlib import Path

import pytest
from astropy.io import fits
from crds.core import config, rmap

from gpucal.data import open_exposure
from gpucal.reference import ReferenceFileError, best_references, crds_parameters
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


def test_a_reference_that_the_cache_lacks_is_named(cache):
    header = next(path for path in HEADERS if "nrca2" in path.name)
    expected = chosen_by_crds(header, ["gain"])["gain"]
    with pytest.raises(ReferenceFileError, match=f"(?s){expected}.*CRDS_PATH.*--override_"):
        best_references(crds_parameters(open_exposure(header).model), ["gain"])
