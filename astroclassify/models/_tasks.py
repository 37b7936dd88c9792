"""What a model can be for, and which classes a model of each task may have."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astroclassify.core import ParameterError

#: What a class of a model for frames may be called; ``nsc`` is ``nebula`` + ``star cluster`` (tuple of str).
FINE_CLASSES = ("galaxy", "nsc", "nebula", "star cluster", "field")
#: The classes that sum up to ``nsc`` (tuple of str).
NSC_CLASSES = ("nsc", "nebula", "star cluster")


@dataclass(frozen=True)
class Task:
    """
    What a model is for.

    Parameters
    ----------
    name : str
        How a `ModelSpec` names it.
    description : str
        What such a model answers.
    check_classes : callable
        Called with the classes of a model, a tuple of different names; raises `ParameterError` where a model
        for this task cannot have them.
    """

    name: str
    description: str
    check_classes: Callable[[tuple[str, ...]], None]


def check_classes(task, classes):
    """
    Refuse classes that a model for a task cannot have.

    Parameters
    ----------
    task : str
        A name of `TASKS`.
    classes : tuple of str
        The classes.

    Raises
    ------
    ParameterError
        If there is no such task, or the classes break its rule.
    """
    if task not in TASKS:
        raise ParameterError(f"no task is named {task!r}; a model's task is one of {tuple(TASKS)}")
    if len(set(classes)) < len(classes):
        raise ParameterError(f"a class appears twice in {classes}")
    TASKS[task].check_classes(classes)


def allowed_classes(label, classes):
    """
    Say which of a model's classes are right for a label.

    Parameters
    ----------
    label : str
        ``"galaxy"``, ``"nsc"``, ``"nebula"``, ``"star cluster"`` or ``"field"``, in any case
        (the paper's lists have ``NSC``).
    classes : tuple of str
        The model's K classes.

    Returns
    -------
    numpy.ndarray of bool
        Shape (K,). ``nsc`` allows both of its parts where the model tells them apart, and a part
        is ``nsc`` where it does not. All False where the model has no class for the label.

    Raises
    ------
    ParameterError
        If there is no such label.

    Examples
    --------
    >>> from astroclassify.models import allowed_classes
    >>> allowed_classes("NSC", ("galaxy", "nebula", "star cluster", "field"))
    array([False,  True,  True, False])
    """
    name = str(label).strip().lower()
    if name not in FINE_CLASSES:
        raise ParameterError(f"there is no label {label!r}; expected one of {', '.join(FINE_CLASSES)}")
    wanted = {name}
    if name not in classes and name in NSC_CLASSES:
        wanted = set(NSC_CLASSES) if name == "nsc" else {"nsc"}
    return np.array([one in wanted for one in classes])


def require_task(spec, task):
    """
    Refuse a model that is for something else.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    task : str
        What is to be done, a name of `TASKS`.

    Raises
    ------
    ParameterError
        If the model is for another task.
    """
    if spec.task != task:
        raise ParameterError(
            f"the model {spec.name!r} is for the task {spec.task!r} ({TASKS[spec.task].description}); "
            f"expected one for the task {task!r} ({TASKS[task].description})"
        )


def _frame_classes(classes):
    unknown = [name for name in classes if name not in FINE_CLASSES]
    if unknown:
        raise ParameterError(
            f"unknown class {unknown[0]!r}; the classes of a model for frames are among {FINE_CLASSES}"
        )
    parts = set(classes) & set(NSC_CLASSES)
    if "galaxy" not in classes or not parts or ("nsc" in parts and len(parts) > 1):
        raise ParameterError(
            "the classes of a model for frames are 'galaxy' and either 'nsc' or its parts "
            f"('nebula', 'star cluster'); got {classes}"
        )


def _named_classes(least):
    def check(classes):
        if len(classes) < least or not all(name.strip() for name in classes):
            raise ParameterError(f"expected {least} or more classes, each with a name; got {classes}")

    return check


#: What a model can be for, by name (dict of str to Task).
TASKS = {
    task.name: task
    for task in (
        Task("frame", "of what a whole frame is part", _frame_classes),
        Task("detection", "where in an image objects are", _named_classes(1)),
        Task("source", "what each source of an image is", _named_classes(2)),
    )
}


def require_empty_fields(spec):
    """
    Refuse a model that knows no empty field: it would see an object in each.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Raises
    ------
    ParameterError
        If it does not have the class ``field``.
    """
    if "field" not in spec.classes:
        raise ParameterError(
            f"the model {spec.name!r} has the classes {', '.join(spec.classes)}; expected one that has the "
            "class 'field' too, of empty fields, as 'patchnet-presence' and 'resnet50-presence' have"
        )
