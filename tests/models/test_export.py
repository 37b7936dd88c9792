"""A network as an ONNX file answers as it does in torch."""

import json

import numpy as np
import pytest

from astroclassify.cli import main
from astroclassify.core import PluginError
from astroclassify.models import PATCHNET, build_model, export_onnx
from astroclassify.models._export import write_onnx

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "default.onnx"
    return path, export_onnx("default", path)


def test_onnxruntime_answers_as_torch_does(exported):
    import torch

    path, facts = exported
    assert facts["largest_difference"] < 1e-4
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    planes = PATCHNET.planes(np.random.default_rng(1).normal(100, 5, (96, 224)).astype(np.float32))
    batch = np.stack([planes, planes[:, ::-1]])
    (logits,) = session.run(None, {"planes": batch})
    with torch.inference_mode():
        expected = build_model("default").differentiable(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-3)


def test_a_network_for_planes_of_one_size_is_written_for_that_size(tmp_path):
    facts = export_onnx("resnet18-resize", tmp_path / "resnet.onnx")
    assert facts["largest_difference"] < 1e-4
    assert facts["preprocessing_options"]["scale"] == "noise"
    (planes,) = onnx.load(str(tmp_path / "resnet.onnx")).graph.input
    assert [one.dim_value for one in planes.type.tensor_type.shape.dim][1:] == [1, 224, 448]


def test_the_file_says_what_it_is(exported):
    facts = {entry.key: entry.value for entry in onnx.load(str(exported[0])).metadata_props}
    assert json.loads(facts["classes"]) == list(PATCHNET.classes)
    assert facts["preprocessing"] == "astroclassify.preprocess:working_planes"
    assert len(facts["weights_sha256"]) == 64


def test_a_network_that_answers_otherwise_each_time_is_refused(tmp_path):
    import torch

    class Fickle(torch.nn.Module):
        def forward(self, x):
            return x.mean(dim=(2, 3)) + (x.shape[-1] if not torch.jit.is_tracing() else 0)

    with pytest.raises(PluginError, match="answers otherwise"):
        write_onnx(Fickle().eval(), [np.ones((1, 8, 8), np.float32)], tmp_path / "no.onnx", {})
    assert not (tmp_path / "no.onnx").exists()


def test_the_command_tells_how_well_it_agrees(tmp_path, capsys):
    assert main(["models", "export", "default", "--onnx", str(tmp_path / "d.onnx")]) == 0
    assert "differ from torch's by" in capsys.readouterr().err


def test_the_network_of_the_detector_goes_by_the_detectors_name(tmp_path):
    onnx = pytest.importorskip("onnx")
    assert main(["models", "export", "yolo", "--onnx", str(tmp_path / "y.onnx")]) == 0
    facts = {entry.key: entry.value for entry in onnx.load(str(tmp_path / "y.onnx")).metadata_props}
    assert facts["model"] == "fieldnet"
