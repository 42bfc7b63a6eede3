"""Options that all commands have which run a step or a pipeline."""

import argparse


def add_run_options(parser: argparse.ArgumentParser, log_level: str) -> None:
    """Add the options on parameters, backend, errors and log messages.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    log_level : str
        The least level that the command shows by default.
    """
    parser.add_argument("--disable-crds-steppars", action="store_true", help="leave out pars-* references")
    parser.add_argument("--backend", metavar="NAME", help="auto (default), cpu or cuda")
    parser.add_argument("--debug", action="store_true", help="on an error show where, and start the debugger")
    logs = parser.add_argument_group("log")
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    named = ", ".join(f"{level} (default)" if level == log_level else level for level in levels)
    logs.add_argument("-v", "--verbose", action="store_true", help="show all messages")
    logs.add_argument("--log-level", metavar="LEVEL", help=named)
    logs.add_argument("--log-file", metavar="FILE", help="write the messages to a file as well")
    logs.add_argument("--log-stream", metavar="STREAM", help="stdout (default), stderr or null")
    logs.add_argument("--logcfg", metavar="FILE", help="log configuration; by default ./stpipe-log.cfg")
