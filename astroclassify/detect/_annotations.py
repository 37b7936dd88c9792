"""Labelled images: boxes of objects in the files that others use, COCO and YOLO."""

from pathlib import Path

from astroclassify.core import ParameterError, ReadError, checked, rules
from astroclassify.detect._annotations_coco import read_coco
from astroclassify.detect._annotations_yolo import read_described, read_folder


@checked(
    path=rules.path,
    images=rules.optional(rules.path),
    classes=rules.optional(rules.several(rules.text)),
)
def read_annotations(path, *, images=None, classes=None):
    """
    Read annotations of images: those of COCO, or those of YOLO.

    Parameters
    ----------
    path : path-like
        A file of COCO (``.json``); or of YOLO a description (``.yaml``), or a folder of texts.
        For each image ``images/.../NAME.png`` the text is ``labels/.../NAME.txt``, or beside it.
    images : path-like, optional
        Folder of the images; by default where the annotations say, or beside them (of COCO also in a folder
        ``images`` there).
    classes : sequence of str, optional
        Names of YOLO's classes, in order; by default those of the description (of a folder: of the one in
        it), or of ``classes.txt`` or ``obj.names`` in the folder, else their numbers.

    Returns
    -------
    list of AnnotatedImage
        One for each image that is there, also those without objects.

    Raises
    ------
    ReadError
        If a file is not there, or not of one of these forms; if no image is there, or none of YOLO's has a
        text; if a box is none, or lies outside of its image, or its class has no name. The message says which
        and where.
    ParameterError
        If ``classes`` are given for COCO, which names its own.

    Warns
    -----
    FrameWarning
        If some of the images, or some texts' images, are not there.

    Examples
    --------
    >>> from astroclassify.detect import read_annotations
    >>> import json
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> coco = {
    ...     "images": [{"id": 1, "file_name": "m51.png", "width": 64, "height": 48}],
    ...     "categories": [{"id": 3, "name": "galaxy"}],
    ...     "annotations": [{"image_id": 1, "category_id": 3, "bbox": [4, 6, 20, 10]}],
    ... }
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("L", (64, 48)).save(Path(folder, "m51.png"))
    ...     _ = Path(folder, "coco.json").write_text(json.dumps(coco))
    ...     (labelled,) = read_annotations(Path(folder, "coco.json"))
    >>> print(labelled.path.name, labelled.objects["class"][0], labelled.objects["y_min"][0])
    m51.png galaxy 31.5
    """
    try:
        return _read(Path(path), images, classes)
    except ReadError:
        raise
    except OSError as error:  # a name longer than names may be, a folder that is not ours to read
        raise ReadError(f"{path}: the annotations cannot be read: {error}") from error


def _read(path, images, classes):
    if path.suffix.lower() == ".json":
        if classes:
            raise ParameterError("classes are of YOLO; a file of COCO names its own: leave them out")
        return read_coco(path, images)
    if path.suffix.lower() in (".yaml", ".yml"):
        return read_described(path, images, classes)
    if not path.is_dir():
        raise ReadError(f"{path}: expected a file of COCO (.json), or of YOLO a .yaml file or a folder")
    return read_folder(path, images, classes)
