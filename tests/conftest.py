"""What every test can rely on: no display, isolated configuration, and the ``shared`` folder."""

import atexit
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

# Before anything imports them: pictures need no display, no test sees (or writes) the user's
# own configuration and cache, and workers that share the cores take one thread each.
_ISOLATED = TemporaryDirectory(prefix="astroclassify-tests-", ignore_cleanup_errors=True)
atexit.register(_ISOLATED.cleanup)
for _variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"):
    _folder = Path(_ISOLATED.name, _variable.lower())
    (_folder / "astropy").mkdir(parents=True)
    os.environ[_variable] = str(_folder)
os.environ["MPLBACKEND"] = "Agg"
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared():
    """Give the folder of real files that some checkouts have beside them (pathlib.Path)."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("there is no folder 'shared' beside the project")
    return folder
