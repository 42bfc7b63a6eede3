"""The pages of docs/ and the public docstrings as a site: ``make docs``.

The whole checkout is the source folder, so that a link from a page to another page, or to a file, is the same in the
site and on a code host.
"""

import sys
from pathlib import Path

from gpucal import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

project = "gpucal"
author = "The gpucal developers"
copyright = author
release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "gpucal_docstrings",
]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/*.rst", "docs/api/**"]
templates_path = [str(HERE / "templates")]
default_role = "py:obj"
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_typehints = "none"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False

html_theme = "furo"
html_title = f"gpucal {release}"
html_additional_pages = {"index": "to_first_page.html"}
