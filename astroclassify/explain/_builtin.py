"""The explainers that come with the package, as declared in its entry points."""

from astroclassify.explain._spec import ExplainerSpec

#: What `astroclassify.classify` gives as ``evidence``, for a target of your choice (ExplainerSpec).
EVIDENCE = ExplainerSpec(
    name="evidence",
    description="The network's own evidence of each patch, where it has any, in log-odds",
    explainer="astroclassify.explain._evidence:explain_by_evidence",
)

#: Parts of the difference to a frame without anything, cell by cell (ExplainerSpec).
INTEGRATED_GRADIENTS = ExplainerSpec(
    name="integrated-gradients",
    description="Integrated gradients: parts, cell by cell, of the difference to a frame of sky",
    explainer="astroclassify.explain._gradients:explain_by_gradients",
)

#: What covering a part of the frame costs (ExplainerSpec).
OCCLUSION = ExplainerSpec(
    name="occlusion",
    description="Occlusion: what the answer loses when a part of the frame is covered with sky",
    explainer="astroclassify.explain._occlusion:explain_by_occlusion",
)

#: The network's last feature maps, weighted (ExplainerSpec).
GRAD_CAM_PLUS_PLUS = ExplainerSpec(
    name="grad-cam++",
    description="Grad-CAM++: the last feature maps, weighted by how they raise the answer",
    explainer="astroclassify.explain._grad_cam:explain_by_grad_cam",
)

#: What a small network makes that was trained on XRAI's maps (ExplainerSpec).
PIX2PIX = ExplainerSpec(
    name="pix2pix",
    description="Fast map: a conditional GAN's imitation of XRAI, trained for one file of weights",
    explainer="astroclassify.explain._fast_map:explain_by_fast_map",
)

#: Regions that follow the light, ranked by integrated gradients (ExplainerSpec).
XRAI = ExplainerSpec(
    name="xrai",
    description="XRAI: regions that follow the light, ranked by what they add to the answer",
    explainer="astroclassify.explain._xrai:explain_by_xrai",
)
