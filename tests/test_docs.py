"""Tables in the pages say what the code does."""

import re
import subprocess
import sys
from pathlib import Path

from astroclassify.io._hst import DQ_BITS
from astroclassify.io._mask_bits import HST_BITS

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_page_on_reading_lists_the_bits_that_mask_a_pixel():
    page = (DOCS / "reading_frames.rst").read_text(encoding="utf-8")
    listed = {int(bit): text for bit, text in re.findall(r"^(\d+) {2,}(\S.*)$", page, flags=re.MULTILINE)}
    assert listed == {bit: text for bit, text in DQ_BITS.items() if bit & HST_BITS}


def test_the_credits_name_the_pictures_of_the_card():
    page = subprocess.run(
        [sys.executable, str(DOCS.parent / "benchmarks" / "credits.py")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (DOCS / "credits.rst").read_text(encoding="utf-8") == page
