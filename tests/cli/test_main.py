"""The command itself: subcommands, the one line that ends a failed run, exit codes."""

import argparse
import subprocess
import sys

import pytest

from gpucal import __version__
from gpucal.cli import main as command
from gpucal.errors import GpucalError, NoScienceData


@pytest.fixture
def subcommand(monkeypatch):
    """Make ``gpucal strun`` do something else."""

    def replace(run, free_words=False):
        def add_parser(subparsers):
            parser = subparsers.add_parser("strun")
            parser.add_argument("--debug", action="store_true")
            parser.set_defaults(run=run, free_words=free_words)

        monkeypatch.setattr("gpucal.cli.strun.add_parser", add_parser)

    return replace


def raising(error):
    def run(args):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (GpucalError("x_uncal.fits: no such file"), 1, "gpucal: x_uncal.fits: no such file"),
        (GpucalError("two\n   lines"), 1, "gpucal: two lines"),
        (NoScienceData("nothing falls on NRS2"), 64, "gpucal: nothing falls on NRS2"),
        (KeyboardInterrupt(), 130, "gpucal: interrupted"),
        (KeyError("dq"), 1, "gpucal: KeyError: 'dq' (--debug shows where)"),
    ],
)
def test_an_error_is_one_line_on_standard_error_and_a_code(subcommand, capsys, error, code, line):
    subcommand(raising(error))
    assert command.main(["strun"]) == code
    assert capsys.readouterr() == ("", line + "\n")


def test_debug_shows_where(subcommand, capsys):
    subcommand(raising(KeyError("dq")))
    assert command.main(["strun", "--debug"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("gpucal: KeyError: 'dq'\nTraceback")


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (3, 3)])
def test_the_exit_code_is_what_the_subcommand_returns(subcommand, returned, code):
    subcommand(lambda args: returned)
    assert command.main(["strun"]) == code


def test_unknown_words_are_an_error_unless_the_subcommand_takes_them(subcommand, capsys):
    seen = []
    subcommand(lambda args: seen.extend(args.words), free_words=True)
    assert command.main(["strun", "jump", "--x", "-5", "--y=a b", "z.fits"]) == 0
    assert seen == ["jump", "--x", "-5", "--y=a b", "z.fits"]
    subcommand(lambda args: None)
    assert command.main(["strun", "--x"]) == 1
    assert "gpucal strun does not know the argument '--x'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["strn"], "invalid choice: 'strn'"),
        ([], "required: command"),
        (["collect-cfgs"], "required: directory (see gpucal collect-cfgs -h)"),
    ],
)
def test_a_command_line_that_cannot_be_understood(capsys, argv, message):
    assert command.main(argv) == 1
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        command.main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"gpucal {__version__}\n"


def test_subcommands_are_there_with_the_help_that_the_list_shows():
    for name, subcommand in command.SUBCOMMANDS.items():
        if command.find_spec(subcommand.module):
            parser = argparse.ArgumentParser()
            subparsers = parser.add_subparsers()
            command.importlib.import_module(subcommand.module).add_parser(subparsers)
            assert list(subparsers.choices) == [name]
            assert callable(subparsers.choices[name].get_default("run"))


def test_the_list_of_subcommands_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from gpucal.cli.main import main\n"
        "try:\n    main(['-h'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'numba', 'astropy', 'stdatamodels', 'crds', 'rich'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "strun" in run.stdout
    assert run.stdout.endswith("[]\n")


def test_a_reader_that_has_seen_enough_is_no_error():
    code = (
        "import os, sys\n"
        "from gpucal.cli.main import main\n"
        "reader, writer = os.pipe()\n"
        "os.close(reader)\n"
        "os.dup2(writer, 1)\n"
        "sys.exit(main(['strun', 'superbias', '-h']))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr == ""


def test_the_package_runs_as_a_module():
    run = subprocess.run([sys.executable, "-m", "gpucal", "strun"], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("gpucal: say what to run")
