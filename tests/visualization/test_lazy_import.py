"""Matplotlib is loaded when a figure is made, not before; without it there is a clear error."""

import subprocess
import sys

import numpy as np
import pytest

from astroclassify.core import OptionalDependencyError
from astroclassify.visualization import plot_frame


def test_importing_the_room_does_not_load_pyplot():
    code = "import sys, astroclassify.visualization; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(OptionalDependencyError, match=r"astroclassify\[plot\]"):
        plot_frame(np.ones((32, 32)))
