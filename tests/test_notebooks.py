"""The notebooks in docs run in a real kernel, show how runs go, and leave the kernel as it was."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"

STATE = """
import logging, sys, warnings
from crds.core import log as crds_log
root, crds = logging.getLogger(), crds_log.THE_LOGGER
print([*root.handlers, *logging.getLogger("gpucal").handlers], root.level, logging.getLogger("gpucal").level,
      warnings.showwarning.__module__, crds.console is not None, crds.logger.propagate,
      type(sys.stdout).__name__, sys.displayhook.__class__.__name__)
"""
OWN_LOG = """
logging.basicConfig(level=logging.INFO, format="mine: %(name)s", stream=sys.stderr)
JumpStep.call(ramps)
print(len(root.handlers))
"""
BAD_CALL = """
try:
    JumpStep.call("nowhere_uncal.fits")
except Exception as error:
    print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The cells of code, run: state, those of the notebook, a call that fails, state, a call with a log of the user."""
    place = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(NOTEBOOKS / "reprocess.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    cells = [nbformat.v4.new_code_cell(text) for text in (STATE, BAD_CALL, STATE, OWN_LOG)]
    notebook.cells[:] = [cells[0], *notebook.cells, *cells[1:]]
    with pytest.MonkeyPatch.context() as patched:
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
            patched.setenv(name, str(place / name.lower()))
        patched.delenv("CRDS_PATH", raising=False)
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(place)}}).execute()
    assert (place / "products" / "jw01000596001_02101_00001_nrca3_rate.fits").is_file()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """What a cell has displayed, as pairs of plain text and HTML."""
    return [
        (output.data["text/plain"], output.data["text/html"])
        for output in cell.outputs
        if output.output_type == "display_data"
    ]


def printed(cell, name="stdout"):
    return "".join(output.text for output in cell.outputs if output.get("name") == name)


def test_a_call_shows_one_table_which_ends_as_the_summary(executed):
    call = next(cell for cell in executed if "save_results=True" in cell.source)
    [(text, html)] = shown(call)
    assert all(step in text and step in html for step in ("ramp_fit", "skipped", "between the steps", "total"))
    assert "running" not in text and "INFO" not in printed(call, "stderr")


def test_a_call_that_is_to_show_nothing_shows_nothing(executed):
    quiet = [cell for cell in executed if "configure_log=False" in cell.source and "Detector1" not in cell.source]
    assert quiet and [shown(cell) for cell in quiet] == [[]]
    assert [printed(cell, "stderr") for cell in quiet] == [""]


def test_the_kernel_is_left_as_it_was(executed):
    before, after = (cell for cell in executed if cell.source == STATE)
    assert printed(before) == printed(after) != ""
    assert printed(before).startswith("[] 30 0 ")


def test_a_log_of_the_user_is_used_as_it_is(executed):
    assert shown(executed[-1]) == []
    assert "mine: gpucal.steps.ramps.jump\n" in printed(executed[-1], "stderr")
    assert printed(executed[-1]) == "1\n"


def test_an_error_reaches_the_user(executed):
    assert printed(executed[-3]) == "InputError\n"
