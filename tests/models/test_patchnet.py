"""The default model's network."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from astroclassify import classify
from astroclassify.core import ParameterError
from astroclassify.models import centred
from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.simulate import random_frames


def test_evidence_sums_to_the_logits_and_size_is_free():
    torch.manual_seed(0)
    net = PatchNet().eval()
    with torch.inference_mode():
        for shape in ((16, 16), (65, 130), (157, 315)):
            output = net.examine(torch.rand(2, 4, *shape))
            torch.testing.assert_close(output.evidence.sum((2, 3)), output.logits)
            torch.testing.assert_close(net(torch.rand(1, 4, *shape)).shape, torch.Size([1, 4]))


@given(st.integers(1, 5), st.integers(1, 5), st.floats(0, 1), st.integers(0, 99))
def test_maps_that_are_moved_keep_their_sum_and_an_even_one_its_values(rows, columns, lag, seed):
    maps = torch.rand(2, rows, columns, generator=torch.Generator().manual_seed(seed))
    moved = centred(maps, lag)
    assert moved.shape == maps.shape
    torch.testing.assert_close(moved.sum((1, 2)), maps.sum((1, 2)))
    torch.testing.assert_close(centred(torch.full_like(maps, 3.0), lag), torch.full_like(maps, 3.0))


def test_a_map_without_a_sum_to_keep_has_no_value_beyond_its_own():
    maps = torch.ones(6, 6)
    maps[-1], maps[:, -1], maps[2, 3] = 0, 0, 5
    moved = centred(maps, 0.75, keep_sum=False)
    assert (moved.min(), moved.argmax()) == (0, 6 * 1 + 2)
    assert moved[0].max() == moved[3, 0] == 1


def test_a_map_is_moved_by_a_part_of_a_cell_towards_its_first_one():
    spot = torch.zeros(9, 9)
    spot[4, 6] = 1.0
    moved = centred(spot, 0.25)
    expected = torch.outer(torch.tensor([0.25, 0.75]), torch.tensor([0.25, 0.75]))
    torch.testing.assert_close(moved[3:5, 5:7], expected, atol=0.05, rtol=0)
    assert moved[moved != moved[3:5, 5:7].max()].max() < 0.25


@pytest.mark.parametrize("seed", [2, 4, 5])
def test_the_evidence_of_a_frame_turned_about_is_turned_about(seed):
    (simulated,) = random_frames(seed, shape=(256, 256))
    upright = classify(simulated.array, precision="float32").evidence.data
    turned = classify(simulated.array[::-1, ::-1], precision="float32").evidence.data[::-1, ::-1]
    # 0.1 to 0.7 if they lie beside their places
    assert np.corrcoef(upright.ravel(), turned.ravel())[0, 1] > 0.8


def test_planes_too_small_for_the_network_are_refused():
    with pytest.raises(ParameterError, match="16x16"):
        PatchNet()(torch.rand(1, 4, 12, 40))


def test_nothing_is_novel_before_it_is_known_what_is_usual():
    with torch.inference_mode():
        output = PatchNet().eval().examine(torch.rand(2, 4, 32, 32))
    assert output.novelty.tolist() == [0, 0]


def test_novelty_is_the_squared_distance_from_the_nearest_class_in_standard_deviations():
    net = PatchNet().eval()
    net.usual_features[1] = 2.0
    net.feature_precision.copy_(torch.eye(192) * 4)  # deviations of a half
    features = torch.zeros(3, 192)
    features[1, 0], features[2] = 1.5, 2.0
    torch.testing.assert_close(net.novelty_of(features), torch.tensor([0.0, 9.0, 0.0]))


def test_what_is_examined_agrees_with_the_parts():
    torch.manual_seed(0)
    net, planes = PatchNet(planes=5).eval(), torch.rand(2, 5, 40, 56)
    net.feature_precision.copy_(torch.eye(192))
    with torch.inference_mode():
        output, short = net.examine(planes), net.examine(planes, evidence=False)
        torch.testing.assert_close(output.logits, net(planes))
        torch.testing.assert_close(output.novelty, net.novelty_of(output.features))
    assert short.evidence is None
    assert torch.equal(short.logits, output.logits)


def test_there_is_a_vector_for_every_16_pixels_which_knows_what_it_shows():
    torch.manual_seed(0)
    net, planes = PatchNet(planes=5).eval(), torch.rand(1, 5, 192, 192)
    changed = planes.clone()
    changed[..., :16, :16] += 1.0
    with torch.inference_mode():
        before, after = net.trunk(planes), net.trunk(changed)
    assert before.shape == (1, 192, 12, 12)
    assert not torch.allclose(before[..., 0, 0], after[..., 0, 0])
