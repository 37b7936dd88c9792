"""The directive ``command-output``: what a terminal shows of an ``astroclassify`` command."""

import contextlib
import io
import json
import os
from typing import ClassVar
from unittest.mock import patch

from docutils import nodes
from docutils.parsers.rst import Directive, directives

from astroclassify.cli import main

_WIDTH = "92"


class CommandOutput(Directive):
    """
    Run a command while the pages are built and show what it prints; it must succeed.

    With the option ``table`` a table is shown as one, as those of many columns are wider than a page. Columns
    that the option names are left out.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"table": directives.unchanged}

    def run(self):
        command = self.arguments[0]
        program, *arguments = command.split()
        if program != "astroclassify":
            raise self.error(f"only astroclassify can be run; got {command!r}")
        if "table" in self.options:
            text = f"$ {command}"
            rows = json.loads(_printed([*arguments, "--format", "json"], messages=False))
            names = [name for name in rows[0] if name not in self.options["table"].split()]
            return [nodes.literal_block(text, text, language="console"), _table(names, rows)]
        text = f"$ {command}\n{_printed(arguments)}"
        return [nodes.literal_block(text, text, language="console")]


def _printed(arguments, *, messages=True):
    captured = io.StringIO()
    environment = {"COLUMNS": _WIDTH, "NO_COLOR": "1"}
    said = captured if messages else io.StringIO()
    streams = contextlib.redirect_stdout(captured), contextlib.redirect_stderr(said)
    with streams[0], streams[1], patch.dict(os.environ, environment):
        try:
            status = main(arguments)
        except SystemExit as leaving:  # --help ends the program
            status = leaving.code
    if status:
        raise RuntimeError(f"astroclassify {' '.join(arguments)} ended with status {status}")
    return captured.getvalue().rstrip()


def _table(names, rows):
    group = nodes.tgroup("", cols=len(names))
    group += [nodes.colspec(colwidth=max(len(_text(row[name])) for row in rows)) for name in names]
    group += nodes.thead("", _row(names))
    group += nodes.tbody("", *[_row(row[name] for name in names) for row in rows])
    return nodes.table("", group, classes=["colwidths-auto"])


def _row(values):
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", _text(value))) for value in values])


def _text(value):
    if value is None:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def setup(app):
    """Register the directive with Sphinx."""
    app.add_directive("command-output", CommandOutput)
    return {"parallel_read_safe": True}
