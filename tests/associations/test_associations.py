"""Associations are read, checked, made and written; jwst reads what is written."""

import json
from pathlib import Path

import pytest

from gpucal.associations import AssociationError, from_list, read_association, write_association
from gpucal.cli.main import main


@pytest.fixture
def folder(tmp_path):
    for name in ("a_rate.fits", "b_rate.fits", "sky_rate.fits"):
        (tmp_path / name).touch()
    return tmp_path


def written(folder, **tree):
    path = folder / "asn.json"
    path.write_text(json.dumps(tree))
    return path


def member(name, role="science"):
    return {"expname": name, "exptype": role}


def product(*members, **name):
    return {"members": list(members), **name}


def test_members_are_beside_the_association_whatever_the_working_directory(folder, monkeypatch):
    sky = member("sky_rate.fits", "BACKGROUND")
    path = written(folder, products=[product(member("a_rate.fits"), sky, name="star")])
    monkeypatch.chdir("/")
    (one,) = read_association(path).products
    assert one.name == "star"
    assert one.science == [folder / "a_rate.fits"]
    assert one.of_role("background") == [folder / "sky_rate.fits"]
    one.check()


def test_members_may_have_catalogues_beside_the_association(folder, tmp_path):
    listed = [member("a_rate.fits") | {"tweakreg_catalog": "a.ecsv"}, member("b_rate.fits") | {"tweakreg_catalog": ""}]
    made = read_association(written(folder, products=[product(*listed, name="star")]))
    assert [one.catalog for one in made.products[0].members] == [folder / "a.ecsv", None]
    (tmp_path / "elsewhere").mkdir()
    write_association(made, tmp_path / "elsewhere" / "asn.json")
    members = json.loads((tmp_path / "elsewhere" / "asn.json").read_text())["products"][0]["members"]
    assert [one.get("tweakreg_catalog") for one in members] == ["../a.ecsv", None]


def test_a_product_without_a_name_is_named_after_its_science(folder):
    path = written(folder, products=[product(member("sky_rate.fits", "background"), member("a_rate.fits"))])
    assert read_association(path).products[0].name == "a"


@pytest.mark.parametrize(
    ("rule", "kind", "stage"),
    [("candidate_Asn_Lv2Image", "image2", 2), ("DMSLevel2bBase", "None", 2), ("DMS_Level3_Base", "None", 3),
     ("Asn_Image", "image3", 3), (None, "coron3", 3), (None, "wfs-image2", 2), (None, None, None), ("Mine", "x", None)],
)  # fmt: skip
def test_the_stage_is_told_by_rule_or_type(folder, rule, kind, stage):
    path = written(folder, asn_rule=rule, asn_type=kind, products=[product(member("a_rate.fits"))])
    assert read_association(path).stage == stage


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not an association .Expecting"),
        ("[1]", "it holds no keywords"),
        ("{}", "it has no list of products"),
        ('{"products": []}', "it has no list of products"),
        ('{"products": [{"name": "x"}]}', "product 1 has no list of members"),
        ('{"products": [{"members": [{"exptype": "science"}]}]}', "product 1 has a member without expname"),
        ('{"products": [{"members": ["a.fits"]}]}', "product 1 has a member without expname"),
    ],
)
def test_what_is_no_association_is_refused_with_its_name(tmp_path, text, reason):
    path = tmp_path / "asn.json"
    path.write_text(text)
    with pytest.raises(AssociationError, match=f"^{path}: .*{reason}"):
        read_association(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AssociationError, match="none.json: no such file"):
        read_association(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([member("a_rate.fits", "banana")], "a_rate.fits has the exptype 'banana'; known are science, background"),
        ([member("sky_rate.fits", "background")], "names no science member"),
        ([member("a_rate.fits"), member("a_rate.fits")], "names a_rate.fits twice as science"),
        ([member("a_rate.fits"), member("none.fits", "psf")], "names files that are not there: .*none.fits"),
    ],
)
def test_a_bad_product_is_told_and_does_not_keep_the_others_back(folder, members, reason):
    path = written(folder, products=[product(*members, name="bad"), product(member("b_rate.fits"), name="good")])
    bad, good = read_association(path).products
    with pytest.raises(AssociationError, match=f"^{path}: product bad {reason}"):
        bad.check()
    good.check()


def test_the_same_file_may_have_two_roles(folder):
    path = written(folder, products=[product(member("a_rate.fits"), member("a_rate.fits", "selfcal"))])
    read_association(path).products[0].check()


def test_a_list_is_one_product_of_stage_3_and_one_each_of_stage_2():
    three = from_list(["a_cal.fits", "b_cal.fits"], product_name="field")
    assert [(one.name, len(one.members)) for one in three.products] == [("field", 2)]
    assert three.stage == 3
    two = from_list(["a_rate.fits", "b_rate.fits"], others={"background": ["sky_rate.fits"]}, stage=2)
    assert [one.name for one in two.products] == ["a", "b"]
    assert all(one.of_role("background") == [Path("sky_rate.fits")] for one in two.products)
    assert two.stage == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (([], "field"), "needs a science member"),
        ((["a_cal.fits"],), "needs the name of its product"),
        ((["a_cal.fits"], "x", {"banana": ["b.fits"]}), "no role 'banana'"),
        ((["a_cal.fits"], "x", None, 4), "stage 2 or 3, not 4"),
    ],
)
def test_a_list_that_makes_no_association_is_refused(arguments, reason):
    with pytest.raises(AssociationError, match=reason):
        from_list(*arguments)


def test_what_is_written_is_read_again_from_anywhere(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "out").mkdir()
    made = from_list(["a_rate.fits"], "star", {"background": [folder / "sky_rate.fits"]}, asn_id="o012")
    write_association(made, Path("out/asn.json"))
    monkeypatch.chdir("/")
    again = read_association(folder / "out" / "asn.json")
    again.products[0].check()
    assert [path.resolve() for path in again.products[0].science] == [folder / "a_rate.fits"]
    assert (again.asn_id, again.stage) == ("o012", 3)


@pytest.mark.parametrize(("rule", "stage"), [("DMS_Level3_Base", 3), ("DMSLevel2bBase", 2)])
def test_the_command_makes_an_association_that_jwst_reads(folder, monkeypatch, capsys, rule, stage):
    jwst_associations = pytest.importorskip("jwst.associations")
    monkeypatch.chdir(folder)
    words = ["-o", "asn.json", "--product-name", "star", "--member", "background", "sky_rate.fits", "-r", rule]
    assert main(["asn-from-list", "a_rate.fits", *words]) == 0
    assert capsys.readouterr().out == "asn.json: 2 members for star\n"
    with open("asn.json") as file:
        theirs = jwst_associations.load_asn(file)
    assert [one["expname"] for one in theirs["products"][0]["members"]] == ["a_rate.fits", "sky_rate.fits"]
    ours = read_association(Path("asn.json"))
    assert ours.stage == stage
    assert [one.role for one in ours.products[0].members] == ["science", "background"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["none.fits", "--product-name", "x"], "none.fits: no such file"),
        (["a_rate.fits"], "needs the name of its product"),
        (["a_rate.fits", "--product-name", "x", "--member", "banana", "b_rate.fits"], "no role 'banana'"),
    ],
)
def test_the_command_says_what_is_wrong(folder, monkeypatch, capsys, words, reason):
    monkeypatch.chdir(folder)
    assert main(["asn-from-list", "-o", "asn.json", *words]) == 1
    assert reason in capsys.readouterr().err
    assert not (folder / "asn.json").exists()


def test_a_folder_that_is_not_there_is_named(folder):
    with pytest.raises(AssociationError, match=r"cannot write .*none/asn.json: No such file"):
        write_association(from_list(["a_cal.fits"], "x"), folder / "none" / "asn.json")


@pytest.mark.parametrize("asn_id", ["../../escaped", {"a": 1}, "a b"])
def test_an_identifier_is_a_part_of_a_file_name(folder, asn_id):
    path = written(folder, asn_id=asn_id, products=[product(member("a_rate.fits"))])
    with pytest.raises(AssociationError, match="is no identifier"):
        read_association(path)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("star", "star"), "two products are called star"),
        (("a\0b",), "is no file name"),
        (("x" * 300,), "longer than 200"),
    ],
)
def test_names_that_files_cannot_have_are_refused(folder, names, words):
    path = written(folder, products=[product(member("a_rate.fits"), name=name) for name in names])
    with pytest.raises(AssociationError, match=words):
        read_association(path)
