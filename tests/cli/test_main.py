"""The command as a whole: help, exit status, streams, and what it does not import."""

import os
import subprocess
import sys
import warnings

import pytest

from astroclassify.cli import _main, main
from astroclassify.core import package_version

COMMANDS = ["demo", "info", "classify", "models", "instruments", "simulate", "train", "evaluate"]


def run_python(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, **options
    )


def test_the_version_goes_to_standard_output(command):
    assert command("--version") == (0, f"astroclassify {package_version()}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_examples(command, name):
    status, out, _ = command(name, "--help")
    assert status == 0
    examples = out.partition("examples:\n")[2].strip().splitlines()
    assert examples
    assert all(line.strip().startswith(f"astroclassify {name}") for line in examples)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["info"], ["classify", "--chip", "x", "a.fits"]])
def test_wrong_usage_is_status_2_with_nothing_on_standard_output(command, arguments):
    status, out, err = command(*arguments)
    assert (status, out) == (2, "")
    assert "usage:" in err


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["classify", "--help"], ["instruments"]])
def test_light_commands_load_neither_torch_nor_matplotlib(arguments):
    code = (
        "import sys\nfrom astroclassify.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "sys.exit(len({'torch', 'matplotlib'} & set(sys.modules)))"
    )
    assert run_python(code, *arguments).returncode == 0


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "astroclassify", "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("astroclassify ")


def test_a_reader_that_closes_the_pipe_ends_the_command_quietly():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        code = "import sys; from astroclassify.cli import main; sys.exit(main(['instruments']))"
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_an_interrupt_is_status_130(command, monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(_main._instruments, "run", interrupted)
    status, out, err = command("instruments")
    assert (status, out, err) == (130, "", "astroclassify: interrupted\n")


def test_warnings_are_one_line_on_standard_error(capsys, monkeypatch):
    def warned(arguments):
        warnings.warn("look out", stacklevel=2)
        return 0

    monkeypatch.setattr(_main._instruments, "run", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        main(["instruments"])
    assert capsys.readouterr().err == "astroclassify: warning: look out\n"
