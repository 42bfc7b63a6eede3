"""What a user may name as inputs of a batch."""

import json

import pytest

from gpucal.data import InputError
from gpucal.scheduling.inputs import find_inputs


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """raw/ with three raw exposures and a product of one of them; cal/ with products alone."""
    monkeypatch.chdir(tmp_path)
    for name in ("raw/c_uncal.fits", "raw/a_uncal.fits", "raw/b_uncal.fits", "raw/a_rate.fits", "cal/a_cal.fits"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def found(*words, **options):
    paths = find_inputs(words, **options)
    assert all(path.is_absolute() for path in paths)
    return [path.name for path in paths]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("raw/b_uncal.fits", ["b_uncal.fits"]),
        ("raw/*_uncal.fits", ["a_uncal.fits", "b_uncal.fits", "c_uncal.fits"]),
        ("raw/[ac]_uncal.fits", ["a_uncal.fits", "c_uncal.fits"]),
        ("**/a_*.fits", ["a_cal.fits", "a_rate.fits", "a_uncal.fits"]),
        ("raw", ["a_uncal.fits", "b_uncal.fits", "c_uncal.fits"]),
        ("cal", ["a_cal.fits"]),
        ("gone.fits", ["gone.fits"]),
    ],
)
def test_a_word(word, expected):
    assert found(word) == expected


def test_a_directory_stands_for_raw_exposures_of_all_formats(files):
    for name in ("d_uncal.fits.gz", "e_uncal.asdf", "d_rate.fits.gz", "pars.asdf"):
        (files / "raw" / name).touch()
    assert found("raw") == ["a_uncal.fits", "b_uncal.fits", "c_uncal.fits", "d_uncal.fits.gz", "e_uncal.asdf"]
    (files / "cal" / "b_cal.fits.gz").touch()
    assert found("cal") == ["a_cal.fits", "b_cal.fits.gz"]


@pytest.mark.parametrize("word", ["@list.txt", "list.txt", "@names.lst"])
def test_a_list_names_the_same_as_the_command_line(files, word):
    text = "# two and a pattern\nraw/c_uncal.fits\n\n  raw/a_uncal.fits  # the first\ncal\n"
    (files / word.removeprefix("@")).write_text(text)
    assert found(word) == ["c_uncal.fits", "a_uncal.fits", "a_cal.fits"]


def test_paths_in_a_list_may_start_beside_it(files):
    (files / "raw" / "list.txt").write_text("a_uncal.fits\n*b_uncal.fits\n")
    assert found("raw/list.txt") == ["a_uncal.fits", "b_uncal.fits"]


def test_an_association_stands_for_its_science_members(files):
    members = [
        {"expname": "b_uncal.fits", "exptype": "science"},
        {"expname": "c_uncal.fits", "exptype": "background"},
        {"expname": "a_uncal.fits", "exptype": "science"},
    ]
    (files / "raw" / "asn.json").write_text(json.dumps({"products": [{"name": "x", "members": members}]}))
    assert found("raw/asn.json") == ["b_uncal.fits", "a_uncal.fits"]


def test_each_exposure_counts_once_where_it_is_first_named():
    assert found("raw/c_uncal.fits", "raw", "raw/*_uncal.fits") == ["c_uncal.fits", "a_uncal.fits", "b_uncal.fits"]


def test_an_input_directory_is_looked_in_second(files):
    (files / "a_uncal.fits").touch()
    paths = find_inputs(["a_uncal.fits", "b_*.fits"], input_dir="raw")
    assert paths == [files / "a_uncal.fits", files / "raw" / "b_uncal.fits"]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("raw/*_x1d.fits", r"raw/\*_x1d.fits: no file has such a name"),
        ("empty", "empty: this directory holds no .fits file"),
        ("@gone.txt", "gone.txt: cannot read this list of exposures .No such file"),
        ("gone.json", "gone.json: no such file"),
    ],
)
def test_words_that_name_nothing(files, word, message):
    (files / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        find_inputs([word])


def test_an_empty_list_is_an_error(files):
    (files / "list.txt").write_text("# nothing yet\n")
    with pytest.raises(InputError, match="name the exposures to run on"):
        find_inputs(["list.txt"])


@pytest.mark.parametrize(("associations", "expected"), [(False, ["a_uncal.fits"]), (True, ["asn.json"])])
def test_an_association_stays_one_for_what_takes_all_members(files, associations, expected):
    members = [{"expname": "a_uncal.fits", "exptype": "science"}, {"expname": "b_uncal.fits", "exptype": "background"}]
    (files / "raw" / "asn.json").write_text(json.dumps({"products": [{"name": "x", "members": members}]}))
    assert found("raw/asn.json", associations=associations) == expected
