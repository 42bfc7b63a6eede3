"""From exposures of many slits to the slits of each source in all exposures.

Source: the ``exp_to_source`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/exp_to_source/main.html.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from gpucal.data import Exposure, Members
from gpucal.data.slits import Slit, Slits
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model

# What a slit says of itself, whatever its exposure says; with which others it was taken is told later.
OF_THE_SLIT = ("bunit_data", "bunit_err", "model_type", "wcsinfo", "wcs", "group_id")

DIGITS = 9


def by_source(members: Members) -> Iterator[Members]:
    """The slits of each source, in order of first appearance.

    Parameters
    ----------
    members : Members
        Exposures of many slits. A slit belongs to the source of its ``source_name`` or, where that is empty, of its
        ``source_id``.

    Yields
    ------
    Members
        Of type ``SlitModel``: one slit of each exposure that shows the source, with the metadata of that exposure. The
        name of the product tells the source; they are saved in one file, see `as_multi_exposure`.
    """
    found: dict[str, list[tuple[int, Slit]]] = {}
    for place, exposure in enumerate(members):
        for slit in exposure.slits:
            key = str(slit["source_name"] or "").strip() or str(slit["source_id"])
            found.setdefault(key, []).append((place, slit))
    for key, slits in found.items():
        named = source_name(members.name, str(members.meta.exposure.type), key, [slit for _, slit in slits])
        membership = replace(members.membership, product=named, asn_id=None, is_alone=True)
        exposures = [slit_exposure(members[place], slit) for place, slit in slits]
        for exposure in exposures:
            exposure.membership = membership
        source = Members(exposures, membership)
        source.joined = partial(as_multi_exposure, exposure=members[slits[0][0]])
        yield source


def slit_exposure(exposure: Exposure, slit: Slit) -> Exposure:
    """A slit as an exposure of its own, with the metadata of the one that it is of."""
    model = new_model(datamodels.SlitModel, validate_on_assignment=False)
    model._instance |= {name: value for name, value in slit.values.items() if name != "meta"}
    own, given = slit.values.get("meta", {}), exposure.model._instance["meta"]
    model._instance["meta"] = _merged(own, {name: value for name, value in given.items() if name not in OF_THE_SLIT})
    model._instance["meta"]["model_type"] = "SlitModel"
    if (kind := slit["meta.exposure.type"]) is not None:
        model._instance["meta"]["exposure"]["type"] = kind
    made = Exposure(model, exposure.source)
    for name in slit.array_names:
        if slit.has(name):
            setattr(made, name, getattr(slit, name))
    return made


def as_multi_exposure(members: Members, exposure: Exposure) -> Exposure:
    """The slits of one source as one exposure, for the files of its products.

    Parameters
    ----------
    members : Members
        See `by_source`.
    exposure : Exposure
        The first of those that show the source: it has the metadata of all.

    Returns
    -------
    Exposure
        Of type ``MultiExposureModel``; it shares the pixels of the members.
    """
    made = Exposure(exposure.blank("MultiExposureModel").model, members.name, slits=Slits(map(_slit_of, members)))
    made.membership = members.membership
    made.meta.exposure.type, made.meta.filename = members.meta.exposure.type, None
    return made


def _slit_of(exposure: Exposure) -> Slit:
    """A slit with the values and arrays of an exposure of one."""
    names = exposure.array_names
    (slit,) = Slits.of_trees([{key: value for key, value in exposure.model._instance.items() if key not in names}])
    for name in slit.array_names:
        if exposure.has(name):
            setattr(slit, name, getattr(exposure, name))
    return slit


def _merged(mine: dict, its: dict) -> dict:
    """Two trees as one, in which the entries of the second count; neither is changed."""
    made = {key: _merged(value, {}) if isinstance(value, dict) else value for key, value in mine.items()}
    for key, value in its.items():
        below = made.get(key) if isinstance(made.get(key), dict) else {}
        made[key] = _merged(below, value) if isinstance(value, dict) else value
    return made


def source_name(product: str, kind: str, key: str, slits: list[Slit]) -> str:
    """The name of the product of a source.

    Parameters
    ----------
    product : str
        The name of the product of all. It may have places for ``{source_id}`` and ``{slit_name}``; what has no place
        stands at its end.
    kind : str
        The type of the exposures.
    key : str
        What the slits of the source have in common.
    slits : list of Slit
        These slits.

    Returns
    -------
    str
        With ``s``, of shutters without a source ``b`` or ``v``, and nine digits; of fixed slits also with their names.
    """
    fields = {"source_id": f"s{key:0>{DIGITS}}"}
    if kind == "NRS_FIXEDSLIT":
        fields = {"slit_name": "-".join(dict.fromkeys(slit.name.lower() for slit in slits)), **fields}
    elif kind == "NRS_MSASPEC":
        number, name = int(slits[0]["source_id"]), str(slits[0]["source_name"])
        letter = "b" if "BKG" in name else "v" if number < 0 else "s"
        fields["source_id"] = f"{letter}{abs(number) if letter == 'v' else number:0>{DIGITS}}"
    rest = [value for name, value in fields.items() if f"{{{name}}}" not in product]
    for name, value in fields.items():
        product = product.replace(f"{{{name}}}", value)
    return "_".join([product, *rest])
