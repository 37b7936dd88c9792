"""
Why is this a nebula or a star cluster?
=======================================

This example shows six simulated frames that are difficult to classify, the answers of the default model, and
two maps of what each answer is based on: the network's own evidence, and the regions of XRAI.

The first three are the edge of a globular cluster, a spiral arm in the ultraviolet, and a nebula that is
round like a galaxy. The others show the three reasons that the paper gives for wrong answers
(:doc:`../evaluation`): *insufficient features*, here too little light; *image noise*, here tracks of cosmic
rays; and *inter-class similarity*, here a piece of an irregular galaxy. Right or wrong, the answers of the
default model are based on the light of the object and not on the tracks; for the round nebula, on its rim.
"""

import matplotlib.pyplot as plt
import numpy as np

from astroclassify.explain import explain
from astroclassify.simulate import (
    RandomStreams,
    View,
    add_background,
    add_foreground,
    random_body,
    response,
)

SIDE = 192


def exposed(kind, *, seed, centre=(0.0, 0.0), reach=0.5, band=("acs-wfc", "F606W"), signal=200.0, rays=0):
    """Show a body: its radius is ``reach`` of the frame, whose middle is ``centre`` radii from its own."""
    streams = RandomStreams(seed)
    body = random_body(kind, streams.rng)
    view = View((SIDE, SIDE), SIDE * reach, centre, 0.0, body.angular_radius / (SIDE * reach))
    scene = body.scene(view)
    add_background(scene, streams)
    add_foreground(scene, body.latitude, streams)
    diffuse, points = scene.observed(response(*band))
    image = diffuse.numpy().copy()
    y, x = np.round(points[:2]).astype(int)
    inside = (y >= 0) & (y < SIDE) & (x >= 0) & (x < SIDE)
    np.add.at(image, (y[inside], x[inside]), points[2, inside])
    image = image / np.quantile(image, 0.99) * signal
    image += streams.rng.normal(0, 1, image.shape) * np.sqrt(1 + 0.05 * image)
    for y, x, dy, dx in streams.rng.integers((0, 0, 1, -9), (SIDE, SIDE, 9, 10), (rays, 4)):
        along = np.linspace(0, 1, 20)
        rows, columns = (np.clip(s + along * d, 0, SIDE - 1).astype(int) for s, d in ((y, dy), (x, dx)))
        image[rows, columns] += 5 * signal
    return image


frames = {
    "edge of a globular cluster": exposed("globular", seed=3, centre=(0.0, 0.7), reach=1.2),
    "arm in F275W": exposed("spiral", seed=8, centre=(0.3, 0.3), reach=1.5, band=("wfc3-uvis", "F275W")),
    "nebula like a galaxy": exposed("bubble", seed=5, reach=0.45),
    "insufficient features": exposed("spiral", seed=11, signal=3.0),
    "image noise": exposed("elliptical", seed=2, reach=0.4, signal=20.0, rays=150),
    "inter-class similarity": exposed("irregular", seed=14, centre=(0.3, 0.3), reach=2.0),
}

# %%
# Amber speaks for the answer, blue against it; the outlined regions hold half of what speaks for it.

figure, axes = plt.subplots(3, 6, figsize=(15, 8), layout="constrained")
for column, (name, frame) in zip(axes.T, frames.items(), strict=True):
    explanations = [explain(frame), explain(frame, method="xrai")]
    answer = explanations[0].answer
    print(f"{name}: {answer}")
    low, high = np.quantile(frame, [0.05, 0.997])
    light = np.arcsinh(5 * np.clip((frame - low) / (high - low), 0, 1))
    column[0].imshow(light, origin="lower", cmap="gray")
    column[0].set_title(f"{name}\n{answer.label}: {answer.leaning} {answer.probability:.2f}", fontsize=10)
    for ax, explanation in zip(column[1:], explanations, strict=True):
        explanation.plot(ax)
        ax.set_title(explanation.method, fontsize=9)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")

# %%
# In numbers, for the edge of the globular cluster: where the regions are, and how much of what speaks
# for the answer each holds. With a frame that has world coordinates there are positions too, and
# ``explanation.to_regions()`` makes regions for DS9.

why = explain(frames["edge of a globular cluster"], method="xrai")
why.regions["rank", "score", "share", "area", "x", "y"][:5].pprint()
