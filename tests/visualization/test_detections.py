"""Detections as a picture: every box has its label, and the label can be read."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from astroclassify.detect import detect
from astroclassify.visualization import plot_detections


@pytest.mark.parametrize("centre", [(64, 96), (118, 96), (64, 184), (118, 184), (8, 8)])
def test_a_label_lies_within_the_picture_wherever_the_box_is(centre):
    y, x = np.mgrid[:128, :192]
    body = 200 * np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / 150)
    image = np.random.default_rng(1).normal(100, 5, (128, 192)) + body
    found = detect(image, method="segmentation", identify=False, least=0.0)
    ax = plot_detections(found)
    assert len(ax.texts) == len(found) >= 1
    renderer = ax.figure.canvas.get_renderer()
    within = ax.get_window_extent(renderer).padded(2)
    for text in ax.texts:
        box = text.get_window_extent(renderer)
        assert within.contains(box.x0, box.y0)
        assert within.contains(box.x1, box.y1)
    plt.close(ax.figure)
