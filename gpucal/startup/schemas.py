"""Schemas of data models, kept on disk once they are put together.

The schema of a model stands in dozens of files that refer to each other. Reading and joining them takes longer than all
else that is done to open a file. Models are given them by an argument that they have for it. Tried with `TRIED`.

Saves 0.28 s of 2.6 s of processor time (``python -m bench.startup --patches``, NIRCam full frame, AMD EPYC).
"""

import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

from gpucal.startup.kept import kept_text
from gpucal.startup.switch import is_on

TRIED = {"stdatamodels": ("6.0",)}

# The packages that have the schemas, or put them together.
_PACKAGES = ("asdf", "asdf-standard", "stdatamodels")

# Classes that set each argument as an attribute of the model, too, and do nothing else that their base does not.
_SETTINGS_BECOME_ATTRIBUTES = ("SlitModel", "SlitDataModel")

# Classes that make their schema of several each time, and do nothing else that their base does not.
_MAKE_THEIR_SCHEMA = ("MultiExposureModel",)


def new_model(model_class: type, init=None, **settings):
    """Make a model, the schema of which is at hand.

    Parameters
    ----------
    model_class : type
        The class. One that is not of stdatamodels finds its schema itself.
    init
        What the model is made of.
    **settings
        Other arguments of the class.
    """
    if model_class.__module__.startswith("stdatamodels.") and is_on("schemas", TRIED):
        settings["schema"] = schema_of(model_class)
    takes_schema = model_class.__name__ in _MAKE_THEIR_SCHEMA and "schema" in settings
    if model_class.__name__ not in _SETTINGS_BECOME_ATTRIBUTES and not takes_schema:
        return model_class(init, **settings)
    model = model_class.__new__(model_class)
    super(model_class, model).__init__(init, **settings)
    return model


def schema_of(model_class: type) -> dict:
    """The schema of a class of models.

    Parameters
    ----------
    model_class : type
        The class.

    Returns
    -------
    dict
        As the class puts it together itself; nobody else has this copy.
    """
    return json.loads(_schema_text(model_class))


@cache
def _schema_text(model_class: type) -> str:
    return kept_text("schemas", f"{model_class.schema_url} {_state()}", lambda: _put_together(model_class))


def _put_together(model_class: type) -> dict:
    from asdf.schema import load_schema
    from stdatamodels.schema import merge_property_trees

    if model_class.__name__ in _MAKE_THEIR_SCHEMA:
        return merge_property_trees(model_class.__new__(model_class)._build_schema())
    return merge_property_trees(load_schema(model_class.schema_url, resolve_references=True))


@cache
def _state() -> str:
    """What schemas are made of: versions, and the files of the data models, which are edited in place."""
    import stdatamodels.jwst.datamodels

    folder = Path(stdatamodels.jwst.datamodels.__file__).with_name("schemas")
    files = sorted((entry.name, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in os.scandir(folder))
    return repr([*map(version, _PACKAGES), *files])
