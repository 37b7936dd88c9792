"""``import astroclassify`` is light: no torch, no matplotlib, no network, under half a second."""

import subprocess
import sys
from importlib import import_module

import pytest

LIMIT_SECONDS = 0.5


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# socket.connect and DNS look-ups raise while the package and its public rooms are imported.
NO_NETWORK = """
import socket
def refuse(*arguments, **options):
    raise RuntimeError("network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import astroclassify",
        "import astroclassify.datasets",
        "import astroclassify.degrade as room; dir(room)",
        "import astroclassify.simulate as room; dir(room), room.KINDS, room.SimulationConfig(), room.HST",
        "from astroclassify.models import MODELS; [MODELS[name] for name in MODELS]",
    ],
)
def test_importing_loads_neither_torch_nor_matplotlib_nor_the_network(statement):
    heavy = "[m for m in ('torch', 'matplotlib', 'IPython') if m in sys.modules]"
    assert run(f"{NO_NETWORK}\nimport sys\n{statement}\nprint({heavy})").strip() == "[]"


@pytest.mark.parametrize(
    "room", ["simulate", "degrade", "simulate.scenes", "simulate.optics", "simulate.sets"]
)
def test_names_are_found_when_they_are_asked_for(room):
    module = import_module(f"astroclassify.{room}")
    assert {*module.__all__} <= {*dir(module)}
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = module.nothing


def test_the_guard_sees_a_heavy_import():
    assert "torch" in run("import sys, torch\nprint([m for m in ('torch',) if m in sys.modules])")


def test_importing_takes_less_than_half_a_second():
    # CPU seconds, not wall-clock seconds, and the best of five: other work on the machine adds to both.
    code = "import time\nt = time.process_time()\nimport astroclassify\nprint(time.process_time() - t)"
    assert min(float(run(code)) for _ in range(5)) < LIMIT_SECONDS


def test_listing_models_and_the_version_need_no_torch():
    code = (
        "import sys, astroclassify\nfrom astroclassify.models import MODELS\n"
        "list(MODELS), astroclassify.__version__, dir(astroclassify)\nprint('torch' in sys.modules)"
    )
    assert run(code).strip() == "False"
