"""
Classify frames, and see where the evidence lies
================================================

The default model classifies three simulated frames: a galaxy, a star cluster and a nebula.
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
# Solid contours surround what speaks for the answer, dashed contours what speaks against it.

for kind, frame in frames.items():
    answer = classify(frame)
    print(f"{kind} ({exposures[kind].truth['label']}): {answer}")
    plot_classification(frame, answer).suptitle(f"truth: {kind}")

# %%
# ``classify_many`` gives a table for many frames, with provenance in its ``meta``.

table = classify_many(list(frames.values()), progress=False)
table["source", "label", "probability", "p_galaxy", "p_class_nebula", "p_class_star_cluster"].pprint()
