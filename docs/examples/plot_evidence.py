"""
Classify frames, and see where the evidence lies
================================================

Frames of three kinds of body, simulated, and what the default model says of them.
"""

from astroclassify import classify, classify_many
from astroclassify.simulate import simulate_exposure
from astroclassify.visualization import plot_classification

# %%
# Each frame shows part of a body, and its truth is known.

seeds = {"spiral": 3, "globular": 4, "emission": 4}
camera = {"aperture": "UVIS2-C1K1C-SUB", "centred": True}
exposures = {
    kind: simulate_exposure(kind, "wfc3-uvis", "F606W", 500.0, rng=seed, **camera)
    for kind, seed in seeds.items()
}
frames = {kind: exposure.frames()[0] for kind, exposure in exposures.items()}

# %%
# Solid contours surround what speaks for the answer's leaning, dashed ones what speaks against it.

for kind, frame in frames.items():
    answer = classify(frame)
    print(f"{kind} ({exposures[kind].truth['label']}): {answer}")
    plot_classification(frame, answer).suptitle(f"truth: {kind}")

# %%
# Many frames make a table, with provenance in its ``meta``.

table = classify_many(list(frames.values()), progress=False)
table["source", "label", "probability", "p_galaxy", "p_class_nebula", "p_class_star_cluster"].pprint()
