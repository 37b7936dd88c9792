"""Weights are found, verified, and refused for a stated reason."""

import hashlib
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest
import torch

from astroclassify.core import MissingWeightsError, ParameterError, WeightsError, conf
from astroclassify.models import Weights, build_model, locate_weights, weights_cache


def test_a_local_file_is_loaded_with_its_card(spec, save, tensors):
    path = save(card={"calibration": {"temperature": 2.0, "bias": [0.5, 0.0]}, "uncertain_below": 0.8})
    model = build_model(spec, weights=path)
    assert torch.equal(model.module.weight, tensors["weight"])
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (model.calibration.temperature, model.calibration.bias) == (2.0, (0.5, 0.0))
    assert model.calibration.uncertain_below == 0.8
    assert not model.module.training


def test_a_file_without_a_card_is_loaded_uncalibrated(spec, save):
    model = build_model(spec, weights=str(save()))
    assert model.card == {}
    assert (model.calibration.temperature, model.calibration.bias) == (1.0, ())


def test_a_model_without_weights_says_how_to_get_them(spec):
    with pytest.raises(MissingWeightsError, match=r"(?s)weights='FILE.*astroclassify train tiny"):
        build_model(spec)


def test_a_model_with_a_command_of_its_own_names_that():
    with pytest.raises(MissingWeightsError, match="astroclassify train-presence resnet50-presence"):
        build_model("resnet50-presence")


def test_the_papers_model_says_how_to_get_its_weights():
    with pytest.raises(MissingWeightsError, match=r"arXiv:2312\.04948"):
        build_model("hr-celestialnet")


def test_a_model_that_takes_long_to_train_says_how_long():
    with pytest.raises(MissingWeightsError, match=r"--preset paper --output run \(measured: .* 24 hours"):
        build_model("hr-celestialnet")


def test_an_address_with_its_checksum_is_where_weights_come_from(spec, save, tmp_path):
    path = save()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with conf.set_temp("cache_dir", str(tmp_path / "cache")):
        found, _, expected = locate_weights(spec, f"{path.as_uri()}#sha256={sha256}")
    assert (found.read_bytes(), expected) == (path.read_bytes(), sha256)


def test_an_address_needs_a_checksum(spec):
    with pytest.raises(ParameterError, match="need a sha256"):
        locate_weights(spec, "https://example.org/file.safetensors")


def test_a_file_that_is_not_there_is_named(spec, tmp_path):
    with pytest.raises(MissingWeightsError, match="nowhere"):
        build_model(spec, weights=tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize("weights", [5, b"file.safetensors"])
def test_what_is_neither_a_path_nor_weights_is_refused(spec, weights):
    with pytest.raises(ParameterError, match="expected a path or a Weights"):
        locate_weights(spec, weights)


def test_another_checksum_names_file_expected_and_found(spec, save):
    path = save(card={"sha256": "0" * 64})
    with pytest.raises(WeightsError) as caught:
        build_model(spec, weights=path)
    for part in (str(path), "0" * 64, hashlib.sha256(path.read_bytes()).hexdigest()):
        assert part in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"x" * 5, b"\x80\x02}q\x00.", b"\xff" * 4000])
def test_what_is_not_safetensors_is_refused(spec, tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a valid safetensors"):
        build_model(spec, weights=path)


def test_a_truncated_file_is_refused(spec, save):
    path = save()
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(WeightsError, match="not a valid safetensors"):
        build_model(spec, weights=path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extra": torch.zeros(1)}, "unexpected: extra"),
        ({"bias": torch.zeros(5)}, r"bias is \(5,\), expected \(2,\)"),
        ({"bias": torch.tensor([1.0, float("nan")])}, "not finite in bias"),
    ],
)
def test_tensors_that_do_not_fit_are_named(spec, save, changes, message):
    with pytest.raises(WeightsError, match=message):
        build_model(spec, weights=save(changes))


def test_missing_tensors_are_named(spec, tmp_path, tensors):
    from safetensors.torch import save_file

    save_file({"weight": tensors["weight"]}, tmp_path / "half.safetensors")
    with pytest.raises(WeightsError, match="missing: bias"):
        build_model(spec, weights=tmp_path / "half.safetensors")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"classes": ["nsc", "galaxy"]}, "classes"),
        ({"calibration": {"temperature": 0}}, "temperature"),
        ({"calibration": [2.0]}, "calibration"),
        ({"calibration": {"bias": 3}}, "bias"),
        ({"classes": 3}, "classes"),
        ({"calibration": {"temperature": "hot"}}, "temperature"),
        ({"calibration": {"bias": [1.0]}}, "1 biases"),
        ({"uncertain_below": 1.5}, "uncertain_below"),
        ({"uncertain_below": True}, "uncertain_below"),
    ],
)
def test_a_card_with_a_wrong_value_is_refused_with_the_file(spec, save, card, message):
    with pytest.raises(WeightsError, match=rf"tiny\.safetensors: .*{message}"):
        build_model(spec, weights=save(card=card))


@pytest.mark.parametrize("text", ["{", "[1, 2]"])
def test_a_card_that_is_not_a_json_object_is_refused(spec, save, text):
    path = save()
    path.with_suffix(".json").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsError, match="card"):
        build_model(spec, weights=path)


def test_a_resource_of_a_package_that_is_not_installed_is_missing(spec):
    with pytest.raises(MissingWeightsError, match="no_such_package"):
        locate_weights(spec, Weights(resource="no_such_package:data/x.safetensors"))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(tmp_path, save):
    """Serve a weights file on this computer; give its URL and checksum, and count the requests."""
    path = save()
    folder = tmp_path / "cache"
    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with conf.set_temp("cache_dir", str(folder)):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield path, f"http://127.0.0.1:{server.server_port}/{path.name}", digest
        server.shutdown()
        thread.join()


def test_a_download_is_verified_and_kept_by_checksum(spec, served):
    path, url, digest = served
    weights = Weights(url=url, sha256=digest, card={"uncertain_below": 0.9})
    assert build_model(spec, weights=weights).calibration.uncertain_below == 0.9
    assert (weights_cache() / f"{digest}.safetensors").read_bytes() == path.read_bytes()
    path.unlink()  # the server has it no more: the cache answers
    assert build_model(spec, weights=weights).sha256 == digest


def test_a_download_with_another_checksum_is_refused_and_not_kept(spec, served):
    _, url, _ = served
    with pytest.raises(WeightsError, match="refused"):
        build_model(spec, weights=Weights(url=url, sha256="0" * 64))
    assert not weights_cache().exists()


def test_a_download_that_fails_says_what_to_do_instead(spec, served):
    _, url, digest = served
    with pytest.raises(MissingWeightsError, match="download them elsewhere"):
        build_model(spec, weights=Weights(url=url + "-gone", sha256=digest))


def test_a_damaged_file_in_the_cache_is_refused(spec, served):
    _, url, digest = served
    weights = Weights(url=url, sha256=digest)
    build_model(spec, weights=weights)
    (weights_cache() / f"{digest}.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="damaged"):
        build_model(spec, weights=weights)
