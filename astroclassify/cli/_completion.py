"""``astroclassify completion``: what makes a shell complete commands and options."""

import sys

from astroclassify.cli import _exit_codes
from astroclassify.cli._parsing import add_subparser
from astroclassify.core import optional_import

_EXAMPLES = """
astroclassify completion bash > ~/.local/share/bash-completion/completions/astroclassify
astroclassify completion zsh > ~/.zfunc/_astroclassify
"""


def add_parser(subparsers):
    """
    Add the subcommand.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    """
    parser = add_subparser(
        subparsers,
        "completion",
        run,
        summary="Print a script that makes your shell complete commands, options and files.",
        examples=_EXAMPLES,
    )
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell")


def run(arguments):
    """
    Print the script.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``shell``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.cli._main import build_parser

    shtab = optional_import("shtab", needed_for="completion in the shell", extra="completion")
    sys.stdout.write(shtab.complete(build_parser(), arguments.shell) + "\n")
    return _exit_codes.DONE
