"""The parser, and the way from arguments to an exit status."""

import argparse
import os
import sys

from astroclassify.cli import (
    _calibrate,
    _check,
    _classify,
    _completion,
    _datasets,
    _demo,
    _detect,
    _evaluate,
    _exit_codes,
    _explain,
    _fit_bands,
    _identify,
    _info,
    _instruments,
    _models,
    _report,
    _simulate,
    _simulate_sources,
    _sources,
    _tag,
    _train,
    _train_default,
    _train_detector,
    _train_fast_map,
    _train_presence,
    _train_starless,
    _watch,
)
from astroclassify.cli._output import plainly, say
from astroclassify.cli._parsing import add_talk
from astroclassify.cli._talk import talking
from astroclassify.core import (
    USAGE_ERRORS,
    AstroclassifyError,
    keep_large_arrays_memory,
    package_version,
)

_SUBCOMMANDS = (
    _demo,
    _info,
    _classify,
    _sources,
    _report,
    _watch,
    _check,
    _calibrate,
    _explain,
    _detect,
    _tag,
    _identify,
    _models,
    _instruments,
    _simulate,
    _simulate_sources,
    _datasets,
    _train,
    _train_default,
    _train_fast_map,
    _train_detector,
    _train_presence,
    _train_starless,
    _fit_bands,
    _evaluate,
    _completion,
)

_DESCRIPTION = "What is this frame part of: a galaxy, or a nebula / star cluster?"

_EPILOG = """\
examples:
  astroclassify demo
  astroclassify info j8xi01abc_raw.fits
  astroclassify classify 'observations/*_raw.fits' --format csv -o labels.csv
  astroclassify classify --help

exit status: 0 all done; 1 some input failed (the others are done and reported);
2 wrong usage; 130 interrupted (Ctrl-C). Results go to standard output, messages to standard error.
"""


def main(argv=None):
    """
    Run the command.

    Parameters
    ----------
    argv : list of str, optional
        Arguments without the program's name; by default those of the process.

    Returns
    -------
    int
        The exit status: 0 all done, 1 some input failed, 2 wrong usage, 130 interrupted.
    """
    arguments = build_parser().parse_args(argv)
    if argv is None:  # the process is ours
        keep_large_arrays_memory()
    if arguments.quiet and hasattr(arguments, "progress"):
        arguments.progress = False
    with talking(arguments):
        try:
            return _flushed(arguments.run(arguments))
        except BrokenPipeError:
            return _leave_broken_pipe()
        except KeyboardInterrupt:
            say("interrupted")
            return _exit_codes.INTERRUPTED
        except USAGE_ERRORS as error:
            say(f"error: {error}")
            return _exit_codes.USAGE
        except (AstroclassifyError, OSError) as error:
            say(f"error: {plainly(error)}")
            return _exit_codes.SOME_FAILED


def build_parser():
    """
    Build the parser of the whole command.

    Returns
    -------
    argparse.ArgumentParser
        Every subcommand sets ``run`` to its function of the parsed arguments.
    """
    parser = argparse.ArgumentParser(
        prog="astroclassify",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"astroclassify {package_version()}")
    parser.set_defaults(verbose=0, quiet=False)
    add_talk(parser)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for subcommand in _SUBCOMMANDS:
        subcommand.add_parser(subparsers)
    return parser


def _flushed(status):
    """Write out what is buffered while a closed pipe can still be caught."""
    sys.stdout.flush()
    return status


def _leave_broken_pipe():
    """Whoever read our output has gone: end quietly, as other tools do."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _exit_codes.BROKEN_PIPE
