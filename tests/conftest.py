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


@pytest.fixture(scope="session")
def source_set(tmp_path_factory):
    """Give the folder of a set of eight fields of 60 sources: points are stars, wide ones galaxies (Path)."""
    import json

    import numpy as np

    from astroclassify.stargalaxy._set import ABOUT, write_field
    from astroclassify.testing import difficult_samples

    folder, is_galaxy = tmp_path_factory.mktemp("sources"), np.arange(60) % 2 == 1
    for field in range(8):
        sample = difficult_samples(number=60, rng=field)["ordinary"]
        table = sample.catalogue
        table["field"], table["latitude"] = np.full(60, field), np.full(60, 60.0)
        table["true_class"] = np.where(is_galaxy, "galaxy", "star")
        table["true_kind"] = np.where(is_galaxy, "disk", "single")
        table["true_redshift"] = np.where(is_galaxy, 1.0, 0.0)
        table["true_blend"], table["true_separation"] = np.zeros((2, 60))
        for band in sample.bands:
            table[f"true_mag_{band}"] = table[f"mag_{band}"]
        write_field(folder, field, sample)
    about = {"bands": list(sample.bands), "size": 32, "pixel_scale": sample.pixel_scale}
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    return folder
