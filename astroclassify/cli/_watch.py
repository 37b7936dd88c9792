"""``astroclassify watch``: every file that lands in a folder is classified at once."""

import re
import shlex
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import check_writable, of_frame, say
from astroclassify.cli._parsing import (
    add_device,
    add_model,
    add_output_file,
    add_reading,
    add_subparser,
    reading,
)
from astroclassify.core import ParameterError, printable

_EXAMPLES = """
astroclassify watch incoming/ -o results.parquet
astroclassify watch incoming/ --pattern '*_raw.fits' -o results.parquet --status status.json
astroclassify watch incoming/ -o results.parquet --on-result 'notify {label} {probability} {source}'
"""
_NAMES = ("source", "chip", "label", "probability", "error")
_FIELDS = re.compile(r"\{(" + "|".join(_NAMES) + r")\}")
#: Seconds that a command for a result may take, and how many of them wait at most.
_COMMAND_SECONDS, _COMMANDS_WAITING = 60, 1000
#: Seconds between looks at whether a command has ended, and that commands have when the watch ends.
_TICK, _GRACE_SECONDS = 0.05, 5


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
        "watch",
        run,
        summary="Classify every file that lands in a folder, until interrupted; start again to continue.",
        examples=_EXAMPLES,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder; links in it are not followed")
    add_output_file(parser, "data set: NAME.parquet", required=True)
    parser.add_argument("--pattern", metavar="P", help="of the names of files (default: FITS and pictures)")
    parser.add_argument(
        "--poll", type=float, metavar="S", help="look through the folder each S seconds: on network disks"
    )
    parser.add_argument(
        "--on-result",
        metavar="CMD",
        help="run this for each frame, without a shell; {source}, {chip}, {label}, {probability} and {error} "
        "are replaced",
    )
    parser.add_argument("--status", type=Path, metavar="FILE", help="keep a JSON file of what is done")
    parser.add_argument("--thumbnails", action="store_true", help="keep a small picture of each frame")
    add_model(parser)
    add_device(parser)
    add_reading(parser)


def run(arguments):
    """
    Watch until a signal comes.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``folder``, ``output`` and the options.

    Returns
    -------
    int
        The exit status: 0 after SIGINT or SIGTERM.
    """
    from astroclassify import watch_folder

    check_writable(arguments.status)
    with _stopped_by_signals() as stop, _Command(arguments.on_result, stop) as command:
        say(f"watching {printable(arguments.folder)}; Ctrl-C ends it")
        watch_folder(
            arguments.folder,
            arguments.output,
            stop=stop,
            on_rows=command.run_for,
            pattern=arguments.pattern,
            poll=arguments.poll,
            status=arguments.status,
            thumbnails=arguments.thumbnails,
            **{"model": arguments.model, "weights": arguments.weights, "device": arguments.device},
            **reading(arguments),
        )
    say("stopped; all that was done is kept")
    return _exit_codes.DONE


@contextmanager
def _stopped_by_signals():
    """Give an event that SIGINT and SIGTERM set: the file at hand is finished."""
    stop = threading.Event()
    kinds = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():  # only there may signals be handled
        yield stop
        return
    before = [signal.signal(kind, lambda *_: stop.set()) for kind in kinds]
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


class _Command:
    """What is run for each frame: its words are fixed before any name is put in, and no shell sees them."""

    def __init__(self, command, stop=None):
        self._words = [] if command is None else _words_of(command)
        self._stop = threading.Event() if stop is None else stop
        self._pool = None

    def __enter__(self):
        self._pool = ThreadPoolExecutor(1) if self._words else None
        self._room, self._stopped = threading.BoundedSemaphore(_COMMANDS_WAITING), threading.Event()
        return self

    def __exit__(self, *_):
        if self._pool is not None:
            self._finish()
            self._stopped.set()
            self._pool.shutdown(cancel_futures=True)

    def _finish(self):
        """Give the commands that wait a little time: a slow one must not hold up the end."""
        with suppress(TimeoutError):
            self._pool.submit(bool).result(timeout=_GRACE_SECONDS)  # they are run in turn: this comes last

    def run_for(self, rows):
        """Say the rows of a file, and have the command run for each."""
        for row in rows:
            answer = row["error"] or f"{row['label']} {row['probability']:.3f}"
            say(printable(of_frame(row, answer)))
            if self._pool is not None and self._has_room():
                self._pool.submit(self._run, row)

    def _has_room(self):
        """Wait for room among the commands, unless the watch ends."""
        ends = time.monotonic() + _COMMAND_SECONDS
        while not self._room.acquire(timeout=_TICK):
            if self._stop.is_set() or time.monotonic() > ends:
                return False
        return True

    def _run(self, row):
        try:
            _run_until(self._stopped, [_filled(word, row) for word in self._words])
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            say(f"error: on-result: {printable(error)}")
        finally:
            self._room.release()


def _run_until(stopped, words):
    """Run a command, for so long, and not beyond the end of the watch."""
    ends = time.monotonic() + _COMMAND_SECONDS
    with subprocess.Popen(words, stdin=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if stopped.wait(_TICK) and process.poll() is None:
                process.terminate()
                raise ValueError(f"{words[0]} was ended, as the watch ends")
            if time.monotonic() > ends:
                process.kill()
                raise ValueError(f"{words[0]} took more than {_COMMAND_SECONDS} s, and was ended")
    if process.returncode:
        raise ValueError(f"{words[0]} ended with the status {process.returncode}")


def _words_of(command):
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ParameterError(
            f"--on-result {command!r}: {error}; expected a command whose quotes are closed"
        ) from error
    if not words:
        raise ParameterError(f"--on-result {command!r} is empty; expected a command")
    unknown = set(re.findall(r"\{(\w+)\}", command)) - {*_NAMES}
    if unknown:
        expected = ", ".join(f"{{{name}}}" for name in _NAMES)
        raise ParameterError(
            f"--on-result {command!r}: {{{min(unknown)}}} stands for nothing; expected {expected}"
        )
    return words


def _filled(word, row):
    """Put values in the place of names in braces, once: what a value holds is not looked at again."""
    return _FIELDS.sub(lambda found: str(row[found[1]]), word)
