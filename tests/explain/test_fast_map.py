"""The fast map: trained on XRAI's maps of one model, and refused for others."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

from astroclassify.core import MissingWeightsError, WeightsError, conf
from astroclassify.explain import EXPLAINERS, explain, fit
from astroclassify.explain._fast_map import condition, kept_for, padded, pattern
from astroclassify.explain._pix2pix import Discriminator, Generator

SQUARE = np.random.default_rng(1).normal(0, 1, (32, 48)).astype(np.float32)


def pairs(count, side=32):
    """Pictures with a spot, and maps that are 1 where the spot is, times the sign of the answer."""
    rng = np.random.default_rng(3)
    given, made = np.zeros((count, 2, side, side), "f4"), np.zeros((count, 1, side, side), "f4")
    for number in range(count):
        y, x = rng.integers(4, side - 8, 2)
        sign = rng.choice([-1, 1])
        given[number, 0] = -1
        given[number, 0, y : y + 6, x : x + 6] = 1
        given[number, 1] = sign
        made[number, 0, y : y + 6, x : x + 6] = sign
    return given, made


@pytest.fixture
def file(smooth, tmp_path):
    """A fast map, untrained, of the smooth model."""
    path = tmp_path / "fast.safetensors"
    fit.save(Generator(), path, smooth, {"held": 0})
    return path


def test_a_map_covers_the_frame_and_changes_its_sign_with_the_target(smooth, file):
    maps = [
        EXPLAINERS["pix2pix"].explain(smooth, SQUARE, target=target, fast_map=file).data
        for target in ("galaxy", "nsc")
    ]
    assert maps[0].shape == (32, 48)
    assert np.array_equal(maps[0], -maps[1])
    assert np.abs(maps[0]).max() <= 1


def test_it_is_looked_for_where_it_is_kept_for_the_model(smooth, file, tmp_path):
    with conf.set_temp("cache_dir", str(tmp_path)):
        with pytest.raises(MissingWeightsError, match=r"astroclassify train-fast-map --model known"):
            explain(SQUARE, model=smooth, method="pix2pix")
        kept_for(smooth.sha256).parent.mkdir(exist_ok=True)
        file.rename(kept_for(smooth.sha256))
        assert explain(SQUARE, model=smooth, method="pix2pix").method == "pix2pix"


def test_a_file_of_ones_own_is_an_option_of_explain(smooth, file):
    assert explain(SQUARE, model=smooth, method="pix2pix", fast_map=file).map.data.shape == (32, 48)


def test_a_fast_map_of_another_model_or_none_at_all_is_refused(smooth, make_model, file, tmp_path):
    other = make_model(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(32 * 48, 2)))
    object.__setattr__(other, "sha256", "another")
    with pytest.raises(WeightsError, match="maps of the weights no file, not of another"):
        EXPLAINERS["pix2pix"].explain(other, SQUARE, target="nsc", fast_map=file)
    (tmp_path / "text.safetensors").write_text("no tensors")
    with pytest.raises(WeightsError, match="no weights of a fast map"):
        EXPLAINERS["pix2pix"].explain(smooth, SQUARE, target="nsc", fast_map=tmp_path / "text.safetensors")


def test_what_is_learnt_beats_the_constant_and_the_smoothed_picture(monkeypatch):
    shown, held = pairs(48), pairs(8)
    network = fit.train(shown, steps=80, seed=1)
    found = fit.measures(network, shown, held)
    assert found["network"]["psnr"] > found["constant"]["psnr"] + 1
    assert found["network"]["psnr"] > found["smoothed picture"]["psnr"] + 1


def test_examples_are_kept_and_used_again(smooth, tmp_path, monkeypatch):
    made = []

    def example(model, number, steps):
        made.append(number)
        return np.zeros((2, 16, 16), "f4"), np.full((1, 16, 16), number, "f4")

    monkeypatch.setattr(fit, "_example", example)
    path = tmp_path / "examples.npz"
    fit.examples(smooth, 2, 1, path)
    shown, held = fit.examples(smooth, 3, 1, path)
    assert made == [0, 1, fit._HELD, 2]
    assert [float(one[0, 0, 0]) for one in (*shown[1], *held[1])] == [0, 1, 2, fit._HELD]


def test_the_file_says_whose_maps_it_imitates_and_how_well(smooth, file):
    with safe_open(file, "pt") as opened:
        facts = opened.metadata()
        assert opened.get_tensor("last.weight").dtype == torch.float16
    assert facts["astroclassify.explains"] == smooth.sha256
    assert json.loads(facts["measured"]) == {"held": 0}
    assert file.stat().st_size < 2e6


def test_the_discriminator_judges_patches_and_the_generator_keeps_sizes():
    given = torch.zeros(2, 2, 48, 64)
    assert Generator()(given).shape == (2, 1, 48, 64)
    assert Discriminator()(torch.zeros(2, 3, 48, 64)).shape == (2, 1, 6, 8)


def test_numbers_that_the_network_gets_are_bounded():
    given = condition(SQUARE * 1e6, 50.0)
    assert np.abs(given).max() <= 1
    assert padded(np.zeros((2, 17, 32))).shape == (2, 32, 32)
    assert np.array_equal(pattern(np.zeros((4, 4))), np.zeros((4, 4)))
    assert pattern(np.array([-4.0, 2.0])).min() == -1
