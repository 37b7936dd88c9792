"""The parts of a detector's training, as the command ``astroclassify train-detector`` runs them.

In the folder lie ``pools`` with fields to learn from, ``held`` with others, made with another seed,
``looks`` with boxes cut out of the fields, and the trainings by name. With labelled pictures half of the
bodies are real ones; a fifth of them is held out.
"""

import logging

from astroclassify.core import keep_large_arrays_memory
from astroclassify.training._pictures import credits_of
from astroclassify.training.detection._boxes import drawn_looks, fit_boxes
from astroclassify.training.detection._fields import annotated_source, field_source
from astroclassify.training.detection._fit import fit_detector
from astroclassify.training.detection._pool import FieldPool
from astroclassify.training.detection._release import release_detector

logger = logging.getLogger(__name__)

_OF_A_TRAINING = (
    *("side", "scales", "mosaic", "noise"),
    *("batch_size", "learning_rate", "average", "trainable"),
)


def run_part(chosen):
    """
    Run one part: draw fields, train a stage, or release the weights.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``role``, ``folder`` and the options that the command describes.

    Returns
    -------
    dict or None
        The card of weights that were released.
    """
    keep_large_arrays_memory()
    return {"produce": _produce, "fit": _fit, "boxes": _boxes, "release": _release}[chosen.role](chosen)


def _produce(chosen):
    place = chosen.folder / ("held" if chosen.held else "pools")
    source = (
        annotated_source(chosen.annotations, images=chosen.images, renamed=dict(chosen.rename or ()))
        if chosen.annotations
        else field_source(chosen.pictures, held=chosen.held)
    )
    FieldPool(place, capacity=chosen.capacity).produce(
        source,
        seed=chosen.seed,
        producer=chosen.producer,
        producers=chosen.producers,
        limit=chosen.limit,
    )


def _fit(chosen):
    changed = {name: getattr(chosen, name) for name in _OF_A_TRAINING if getattr(chosen, name) is not None}
    path = fit_detector(
        FieldPool(chosen.folder / "pools"),
        chosen.folder / chosen.run_name,
        preset=chosen.preset,
        weights=chosen.weights,
        seconds=None if chosen.minutes is None else 60 * chosen.minutes,
        pictures=credits_of(chosen.pictures) if chosen.pictures else (),
        **changed,
    )
    logger.info("weights: %s", path)


def _boxes(chosen):
    pool = FieldPool(chosen.folder / "pools")
    looks = drawn_looks(pool, chosen.folder / "looks", first=chosen.first)
    path = fit_boxes(*looks, chosen.folder / chosen.run_name, seed=chosen.seed)
    logger.info("weights: %s", path)


def _release(chosen):
    learnt, held = (
        {picture["body"] for picture in credits_of(chosen.pictures, held=held)} if chosen.pictures else ()
        for held in (False, True)
    )
    return release_detector(
        [chosen.folder / name for name in (*chosen.earlier, chosen.run_name)],
        chosen.target or chosen.folder / "fieldnet.safetensors",
        field_source(chosen.pictures, held=True),
        count=chosen.count,
        seed=chosen.seed,
        learnt=learnt,
        held=held,
        parent=chosen.parent,
        average_with=chosen.average_with,
    )
