"""The directive ``command-output``: what a terminal shows of an ``astroclassify`` command."""

import contextlib
import io
import os
from unittest.mock import patch

from docutils import nodes
from docutils.parsers.rst import Directive

from astroclassify.cli import main

_WIDTH = "92"


class CommandOutput(Directive):
    """Run a command while the pages are built and show what it prints; it must succeed."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        command = self.arguments[0]
        program, *arguments = command.split()
        if program != "astroclassify":
            raise self.error(f"only astroclassify can be run; got {command!r}")
        text = f"$ {command}\n{_printed(arguments)}"
        return [nodes.literal_block(text, text, language="console")]


def _printed(arguments):
    captured = io.StringIO()
    environment = {"COLUMNS": _WIDTH, "NO_COLOR": "1"}
    streams = contextlib.redirect_stdout(captured), contextlib.redirect_stderr(captured)
    with streams[0], streams[1], patch.dict(os.environ, environment):
        try:
            status = main(arguments)
        except SystemExit as leaving:  # --help ends the program
            status = leaving.code
    if status:
        raise RuntimeError(f"astroclassify {' '.join(arguments)} ended with status {status}")
    return captured.getvalue().rstrip()


def setup(app):
    """Register the directive with Sphinx."""
    app.add_directive("command-output", CommandOutput)
    return {"parallel_read_safe": True}
