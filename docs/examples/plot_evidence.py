"""
Classify frames, and see where the evidence lies
================================================

Frames of three kinds of body, simulated, and what the default model says of them.
"""

from astroclassify import classify, classify_many
from astroclassify.simulate import random_frames
from astroclassify.visualization import plot_classification

# %%
# Each frame shows part of a body, and its truth is known.

kinds = ("spiral", "globular", "emission")
frames = [random_frames(seed, kind=kind, shape=(256, 256))[0] for seed, kind in enumerate(kinds)]

# %%
# Solid contours surround what speaks for the answer's leaning, dashed ones what speaks against it.

for frame in frames:
    answer = classify(frame.array)
    print(f"{frame.kind} ({frame.label}): {answer}")
    plot_classification(frame.array, answer).suptitle(f"truth: {frame.kind}")

# %%
# Many frames make a table, with provenance in its ``meta``.

table = classify_many([frame.array for frame in frames], progress=False)
table["source", "label", "probability", "p_galaxy", "p_class_nebula", "p_class_star_cluster"].pprint()
