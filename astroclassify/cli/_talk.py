"""What is said on standard error: how much, with which words."""

import logging
import re
import sys
import warnings
from contextlib import contextmanager

from astroclassify.cli._output import LOGGER
from astroclassify.core import printable

#: What messages are laid out with.
_LAID_OUT = "\n\t"


class _StandardError(logging.Handler):
    """Write each message, with what a terminal would obey escaped, to whatever standard error is by then."""

    def emit(self, record):
        print(f"astroclassify: {printable(self.format(record), keep=_LAID_OUT)}", file=sys.stderr)


@contextmanager
def talking(arguments):
    """
    Say messages on standard error while a command runs.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``verbose`` (number of times) and ``quiet``; options of the same name as a parameter are how messages
        call it.
    """
    level = logging.ERROR if arguments.quiet else _LEVELS[min(arguments.verbose, len(_LEVELS) - 1)]
    package = logging.getLogger("astroclassify")
    handler, before = _StandardError(), package.level
    handler.addFilter(_Spoken(arguments))
    package.addHandler(handler)
    package.setLevel(level)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            yield
        finally:
            package.removeHandler(handler)
            package.setLevel(before)


_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def _show_warning(message, category, filename, lineno, file=None, line=None):
    LOGGER.warning("warning: %s", message)


class _Spoken(logging.Filter):
    """Name parameters as options: ``weights='FILE'`` is ``--weights 'FILE'`` to who types commands."""

    def __init__(self, arguments):
        super().__init__()
        names = sorted(vars(arguments), key=len, reverse=True)
        self._switch = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names))})=True\b")
        self._parameter = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names))})=(?=\S)")
        self._bare = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names))})=(?!\S)")

    def filter(self, record):
        text = self._switch.sub(lambda found: _option(found[1]), record.getMessage())
        text = self._parameter.sub(lambda found: f"{_option(found[1])} ", text)
        record.msg, record.args = self._bare.sub(lambda found: _option(found[1]), text), ()
        return True


def _option(name):
    return f"--{name.replace('_', '-')}"
