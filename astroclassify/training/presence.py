"""Train a presence classifier on patches of wide fields: ``astroclassify train-presence``.

Half of the patches show a body, at random near their middle, half show stars and sky only. Any model of the
registry that knows empty fields learns from them, ``resnet50-presence`` for one; what comes out is for
``astroclassify detect --method xrai --option model=NAME --option weights=FILE``. Patches of one field are all
learnt from, or all held out.
"""

from dataclasses import replace

import numpy as np

from astroclassify.core import progress_bar
from astroclassify.datasets import LabelledFrame
from astroclassify.detect import load_image
from astroclassify.metrics import box_overlaps
from astroclassify.simulate import wide_field
from astroclassify.training._fit import fit
from astroclassify.training._presets import find_recipe

#: Sides of fields and patches, pixels; patches of a field; tries to find a place.
_FIELD, _PATCH, _EACH, _TRIES = 480, 192, 8, 20
#: A body that a patch is of is so large in it at least, pixels, and its middle so near to the patch's.
_LEAST_SIZE, _OFF_CENTRE = 10.0, 0.3
_EDGES = ("x_min", "x_max", "y_min", "y_max")


def fit_presence(chosen):
    """
    Draw patches, and train.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``model``, ``output``, ``patches``, ``epochs``, ``batch_size``, ``preset``, ``weights``, ``device``,
        ``seed`` and ``resume``, as the command ``astroclassify train-presence`` describes them.

    Returns
    -------
    TrainingResult
        The weights and how they were made.
    """
    recipe = replace(find_recipe(chosen.preset), epochs=chosen.epochs, batch_size=chosen.batch_size)
    return fit(
        chosen.model,
        patches(chosen.patches, seed=chosen.seed),
        **{"folder": chosen.output, "preset": recipe, "weights": chosen.weights, "device": chosen.device},
        **{"resume": chosen.resume, "licence": "BSD-3-Clause"},
    )


def patches(number, *, seed=1, progress=None):
    """
    Draw patches of wide fields, with and without a body.

    Parameters
    ----------
    number : int
        How many.
    seed : int, default 1
        Of the first field; others follow.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    list of LabelledFrame
        Frames of 192 x 192 pixels, labelled ``"galaxy"``, ``"nebula"``, ``"star cluster"`` or ``"field"``.

    Examples
    --------
    >>> from astroclassify.training.presence import patches
    >>> {each.label for each in patches(4)} <= {"galaxy", "nebula", "star cluster", "field"}
    True
    """
    made = []
    for field in progress_bar(
        range(seed, seed + -(-number // _EACH)), progress=progress, description="fields"
    ):
        made += _patches_of(field)
    return made[:number]


def _patches_of(seed):
    """Patches of one field: in turns with a body and without, as far as there are any."""
    rng = np.random.default_rng(seed)
    field = wide_field(seed, shape=(_FIELD, _FIELD), starless=False)
    grey = load_image(field.image).grey
    edges = np.stack([np.asarray(field.objects[name], float) for name in _EDGES], axis=-1).reshape(-1, 4)
    large = np.flatnonzero(np.asarray(field.objects["size"]) >= _LEAST_SIZE)
    made = []
    for n in range(_EACH):
        body = int(rng.choice(large)) if n % 2 == 0 and len(large) else None
        place = _about(edges[body], rng) if body is not None else _empty(edges, rng)
        if place is not None:
            y, x = place
            label = "field" if body is None else str(field.objects["class"][body])
            patch = grey[y : y + _PATCH, x : x + _PATCH].copy()
            made.append(LabelledFrame(patch, label, f"field {seed}", name=f"field {seed}, patch {n}"))
    return made


def _about(box, rng):
    middle = np.array([box[2] + box[3], box[0] + box[1]]) / 2 + rng.uniform(-1, 1, 2) * _OFF_CENTRE * _PATCH
    return tuple(np.clip(middle - _PATCH / 2, 0, _FIELD - _PATCH).astype(int))


def _empty(edges, rng):
    """A place that no body reaches; none where there is no room."""
    for _ in range(_TRIES):
        y, x = rng.integers(0, _FIELD - _PATCH + 1, 2)
        box = [[x - 0.5, x + _PATCH - 0.5, y - 0.5, y + _PATCH - 0.5]]
        if not len(edges) or not box_overlaps(box, edges, of="smaller").any():
            return y, x
    return None
