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
    colour=True,
    tile=608,
)
