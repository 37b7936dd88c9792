"""The detectors that come with the package, as declared in its entry points."""

from astroclassify.detect._spec import DetectorSpec

_CLASSES = ("galaxy", "nebula", "star cluster")

#: What is brighter than the sky and larger than a star: the classical baseline (DetectorSpec).
SEGMENTATION = DetectorSpec(
    name="segmentation",
    description="Connected pixels above the sky that are larger than a star (photutils)",
    detector="astroclassify.detect._segmentation:find_by_segmentation",
    classes=_CLASSES,
)

#: Our own one-stage network (DetectorSpec).
YOLO = DetectorSpec(
    name="yolo",
    description="One-stage network, trained on simulated wide fields: the best of them",
    detector="astroclassify.detect._yolo:find_by_yolo",
    classes=_CLASSES,
    prepare="astroclassify.detect._yolo:planes_of",
    again="class",
    colour=True,
    tile=608,
)

#: What is left without stars, and where many were: the quick way (DetectorSpec).
STARLESS = DetectorSpec(
    name="starless",
    description="Stars removed by a small network, edges of what is left, crowds of what was removed",
    detector="astroclassify.detect._find_starless:find_by_starless",
    classes=_CLASSES,
    again=True,
    colour=True,
)

#: A classifier that tells whether there is an object, and the regions that make it say so (DetectorSpec).
XRAI = DetectorSpec(
    name="xrai",
    description="Presence by a classifier, patch by patch, and XRAI's regions that make it say so",
    detector="astroclassify.detect._by_explanation:find_by_xrai",
    classes=_CLASSES,
    again=True,
    tile=304,
    overlap=96,
)

#: Where a heat map is bright (DetectorSpec).
HEATMAP = DetectorSpec(
    name="heatmap",
    description="Where the default model's heat map is bright: its fast map, or its own evidence",
    detector="astroclassify.detect._by_explanation:find_by_heatmap",
    classes=_CLASSES,
    again=True,
    tile=256,
    overlap=96,
)
