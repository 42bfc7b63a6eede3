"""Modules that take long to import, imported when something in them is first used.

Help, completion and mistakes on the command line are answered without them.
"""

import importlib


class LazyModule:
    """Stands for a module, and imports it when an attribute is asked for.

    Parameters
    ----------
    name : str
        The module's full name.
    """

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def __getattr__(self, attribute: str):
        found = getattr(importlib.import_module(self._name), attribute)
        self.__dict__[attribute] = found
        return found


asdf = LazyModule("asdf")
datamodels = LazyModule("stdatamodels.jwst.datamodels")
fits = LazyModule("astropy.io.fits")
