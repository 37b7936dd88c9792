"""Tables in the pages say what the code does."""

import contextlib
import re
import subprocess
import sys
from pathlib import Path

from astroclassify.cli import main
from astroclassify.io._hst import DQ_BITS
from astroclassify.io._mask_bits import HST_BITS

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_page_on_reading_lists_the_bits_that_mask_a_pixel():
    page = (DOCS / "reading_frames.rst").read_text(encoding="utf-8")
    listed = {int(bit): text for bit, text in re.findall(r"^(\d+) {2,}(\S.*)$", page, flags=re.MULTILINE)}
    assert listed == {bit: text for bit, text in DQ_BITS.items() if bit & HST_BITS}


def test_the_page_on_the_command_line_has_a_section_for_every_command(capsys):
    with contextlib.suppress(SystemExit):
        main(["--help"])
    commands = re.findall(
        r"^    ([a-z-]+)(?: |$)", capsys.readouterr().out.partition("COMMAND\n")[2], flags=re.M
    )
    page = (DOCS / "cli.rst").read_text(encoding="utf-8")
    assert {"classify", "train-detector"} <= set(commands)
    assert [name for name in commands if f"astroclassify {name} --help" not in page] == ["completion"]


def credits_page(*options):
    """Run the command that writes the page on credits."""
    command = [sys.executable, str(DOCS.parent / "benchmarks" / "credits.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_credits_name_the_pictures_of_the_card():
    assert (DOCS / "credits.rst").read_text(encoding="utf-8") == credits_page().stdout


def test_a_release_waits_for_each_licence_that_is_not_stated():
    page = (DOCS / "credits.rst").read_text(encoding="utf-8")
    waiting = re.search(r"For these (\d+) pictures the licence was inferred", page)
    done = credits_page("--check")
    assert done.returncode == 1
    assert sum("\t``" in line for line in done.stdout.splitlines()) == int(waiting[1])
    assert "credits.py --check" in (DOCS.parent / ".github/workflows/publish.yml").read_text(encoding="utf-8")
