"""A third-party package, really installed by pip, is listed, built, checked and used."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent / "plugin_package"

pytest.importorskip("setuptools")


def run(code, *folders):
    """Run Python with these folders on its path; give what it prints, read as JSON."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    done = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the example plug-in from a copy of its own folder; give the folder it lies in."""
    source = tmp_path_factory.mktemp("plugin") / "source"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    command += ["--no-index", "--disable-pip-version-check", "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def declare(folder, distribution, name, target):
    """Write the metadata of a distribution that declares one model."""
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[astroclassify.models]\n{name} = {target}\n", encoding="utf-8")


CATCH = """
import json
from astroclassify.models import MODELS
def message(name):
    try:
        return [MODELS[name].name]
    except Exception as error:
        return [type(error).__name__, str(error)]
"""


def test_the_installed_plugin_is_listed_with_its_owner(installed):
    code = (
        "import json, sys\nfrom astroclassify.models import MODELS\n"
        "owners = {e.name: e.owner for e in MODELS.entries()}\n"
        "print(json.dumps([owners, 'astroclassify_example_plugin' in sys.modules]))"
    )
    owners, imported = run(code, installed)
    assert owners["example-brightness"] == "astroclassify-example-plugin"
    assert owners["patchnet"] == "astroclassify"
    assert not imported


def test_the_installed_plugin_keeps_the_contract(installed):
    code = (
        "from astroclassify.testing import check_model\n"
        "check_model('example-brightness')\nprint('\"checked\"')"
    )
    assert run(code, installed) == "checked"


def test_the_installed_plugin_classifies(installed):
    code = (
        "import json\nimport numpy as np\nfrom astroclassify import classify\n"
        "answers = [classify(np.full((64, 64), v), model='example-brightness') for v in (3000, 10)]\n"
        "print(json.dumps([[a.label, a.meta['model'], len(a.meta['weights_sha256'])] for a in answers]))"
    )
    assert run(code, installed) == [
        ["galaxy", "example-brightness", 64],
        ["nsc", "example-brightness", 64],
    ]


def test_the_installed_explainer_and_detector_are_listed_checked_and_used(installed):
    code = (
        "import json, sys\nimport numpy as np\n"
        "from astroclassify.detect import DETECTORS\nfrom astroclassify.explain import EXPLAINERS\n"
        "names = [[e.name for e in r.entries()] for r in (EXPLAINERS, DETECTORS)]\n"
        "assert 'astroclassify_example_plugin' not in sys.modules\n"
        "from astroclassify.models import build_model\n"
        "from astroclassify.testing import check_detector, check_explainer\n"
        "check_explainer('example-excess', model='example-brightness', shapes=[(64, 64)])\n"
        "check_detector('example-brightest')\n"
        "frame = np.zeros((64, 96))\nframe[20, 30] = 900\n"
        "model = build_model('example-brightness')\n"
        "seen = EXPLAINERS['example-excess'].explain(model, frame, target='galaxy').data\n"
        "place = np.unravel_index(seen.argmax(), seen.shape)\n"
        "from astroclassify.detect import detect\n"
        "found = detect(frame, method='example-brightest')\n"
        "print(json.dumps([names, list(map(int, place)), found['x_min'][0]]))"
    )
    names, place, edge = run(code, installed)
    assert {"evidence", "xrai", "example-excess"} <= set(names[0])
    assert {"segmentation", "example-brightest"} <= set(names[1])
    assert (place, edge) == ([20, 30], 29.5)


def test_the_installed_explainer_explains_by_its_name(installed):
    code = (
        "import json\nimport numpy as np\nfrom astroclassify.explain import explain\n"
        "frame = np.zeros((64, 96))\nframe[20:24, 30:34] = 90000\n"
        "why = explain(frame, model='example-brightness', method='example-excess', target='galaxy')\n"
        "print(json.dumps([why.method, why.target, [float(why.regions[n][0]) for n in ('x', 'y')]]))"
    )
    method, target, place = run(code, installed)
    assert (method, target) == ("example-excess", "galaxy")
    assert all(abs(one - other) < 3 for one, other in zip(place, (31.5, 21.5), strict=True))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_package_anywhere:SPEC", "no_such_package_anywhere"),
        ("json:NO_SUCH_NAME", "NO_SUCH_NAME"),
        ("json:dumps", "expected a ModelSpec"),
        ("fails_on_import:SPEC", "ZeroDivisionError"),
    ],
)
def test_a_broken_plugin_raises_only_when_asked_for_and_names_its_distribution(tmp_path, target, reason):
    declare(tmp_path, "broken-plugin", "broken", target)
    (tmp_path / "fails_on_import.py").write_text("1 / 0\n", encoding="utf-8")
    code = CATCH + "print(json.dumps([list(MODELS), message('patchnet'), message('broken')]))"
    names, good, (error, text) = run(code, tmp_path)
    assert {"broken", "patchnet", "hr-celestialnet"} <= set(names)
    assert good == ["patchnet"]
    assert error == "PluginError"
    assert "broken-plugin" in text
    assert reason in text


def test_a_name_that_two_distributions_declare_names_both(installed, tmp_path):
    declare(tmp_path, "rival-plugin", "example-brightness", "json:dumps")
    code = CATCH + (
        "names = [e.name for e in MODELS.entries()]\n"
        "print(json.dumps([names.count('example-brightness'), message('patchnet'), "
        "message('example-brightness')]))"
    )
    count, good, (error, text) = run(code, installed, tmp_path)
    assert count == 2
    assert good == ["patchnet"]
    assert error == "DuplicateNameError"
    assert "astroclassify-example-plugin" in text
    assert "rival-plugin" in text


def test_a_rival_of_a_built_in_model_cannot_take_its_place(tmp_path):
    declare(tmp_path, "rival-plugin", "patchnet", "json:dumps")
    error, text = run(CATCH + "print(json.dumps(message('patchnet')))", tmp_path)
    assert error == "DuplicateNameError"
    assert "astroclassify" in text
    assert "rival-plugin" in text
