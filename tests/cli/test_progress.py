"""The live line: what it says at each moment, and that it stays away from pipes."""

from rich.console import Console

from gpucal.cli.progress import StepLine, live_line
from gpucal.core.log.events import StepEvent, announce


class Clock:
    """A clock that stands where it is put."""

    now = 0.0

    def __call__(self):
        return self.now


def test_the_line_follows_the_steps():
    clock = Clock()
    line = StepLine(clock)
    assert line.text == ""
    line.update(StepEvent("started", "Detector1Pipeline"))
    clock.now = 2.0
    assert line.text == "Detector1Pipeline   2.0 s"
    line.update(StepEvent("started", "jump", 10, 13))
    clock.now = 5.25
    assert line.text == "Detector1Pipeline > jump   10 of 13   3.2 s   total 5.2 s"
    line.update(StepEvent("skipped", "persistence", 11, 13))
    assert line.text.startswith("Detector1Pipeline > jump")
    line.update(StepEvent("done", "jump", 10, 13, 3.25))
    assert line.text == "Detector1Pipeline   5.2 s"
    line.update(StepEvent("done", "Detector1Pipeline"))
    assert line.text == ""


def test_the_block_of_integrations_is_named():
    line = StepLine(Clock())
    line.update(StepEvent("started", "superbias", 5, 13, block=2, blocks=4))
    assert line.text == "superbias   5 of 13   block 2 of 4   0.0 s"


def test_a_step_that_skips_itself_leaves_the_line():
    line = StepLine(Clock())
    line.update(StepEvent("started", "ipc"))
    line.update(StepEvent("skipped", "ipc"))
    assert line.text == ""


def test_the_line_is_drawn():
    line = StepLine(Clock())
    line.update(StepEvent("started", "jump", 2, 3))
    console = Console(width=60, force_terminal=True)
    with console.capture() as drawn:
        console.print(line)
    assert "jump   2 of 3   0.0 s" in drawn.get()


def test_nothing_is_drawn_into_a_pipe(capsys):
    with live_line():
        announce(StepEvent("started", "jump"))
    assert capsys.readouterr() == ("", "")
