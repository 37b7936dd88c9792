"""Train a presence classifier on patches of wide fields: ``astroclassify train-presence``.

Half of the patches show a body, at random near their middle, half show stars and sky only. Any model of the
registry that knows empty fields learns from them, ``resnet50-presence`` or ``patchnet-presence`` for one;
what comes out is for ``astroclassify detect --method xrai --option model=NAME --option weights=FILE``.
Patches of one field are all learnt from, or all held out.
"""

import json
from dataclasses import replace

import numpy as np

from astroclassify.core import check_whole, progress_bar, write_text
from astroclassify.datasets import LabelledFrame
from astroclassify.detect import load_image
from astroclassify.metrics import box_edges, box_overlaps
from astroclassify.models import bodies_entry, find_spec, require_empty_fields
from astroclassify.simulate import wide_field
from astroclassify.training._card import credits_entry
from astroclassify.training._fit import check_may_begin, fit, start_of
from astroclassify.training._pictures import credits_of
from astroclassify.training.detection import picture_bodies

#: Sides of fields and patches, pixels; patches of a field; tries to find a place.
_FIELD, _PATCH, _EACH, _TRIES = 480, 192, 8, 20
#: A body that a patch is of is so large in it at least, pixels, and its middle so near to the patch's.
_LEAST_SIZE, _OFF_CENTRE = 10.0, 0.3


def fit_presence(chosen, recipe):
    """
    Draw patches, and train.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``model``, ``output``, ``patches``, ``pictures``, ``half``, ``weights``, ``device`` and ``resume``, as
        the command ``astroclassify train-presence`` describes them.
    recipe : Recipe
        How to train; its seed is that of the first field too.

    Returns
    -------
    TrainingResult
        The weights and how they were made.

    Raises
    ------
    ParameterError
        If the model knows no empty fields, or the folder holds a training that is not to go on: patches take
        hours, and are drawn when nothing is known to be wrong.
    """
    check_may_begin(chosen.output, chosen.resume)
    spec = find_spec(chosen.model)
    require_empty_fields(spec)
    before = start_of(spec, chosen.weights).get("card", {})
    bodies = () if chosen.pictures is None else picture_bodies(chosen.pictures, held=False)
    done = fit(
        chosen.model,
        patches(chosen.patches, seed=recipe.seed, pictures=bodies),
        **{"folder": chosen.output, "preset": recipe, "weights": chosen.weights, "device": chosen.device},
        **{"half": chosen.half, "resume": chosen.resume},
        licence=before.get("licence", "BSD-3-Clause"),
    )
    return with_credits(done, before, () if chosen.pictures is None else credits_of(chosen.pictures))


def with_credits(done, before, pictures):
    """
    Say in a card whose pictures its weights know; the fields that they saw have no names.

    Parameters
    ----------
    done : TrainingResult
        The training.
    before : mapping
        Card of the weights that it started from.
    pictures : sequence of dict
        What it saw besides, as `credits_of` lists them.

    Returns
    -------
    TrainingResult
        With the card that lies beside the weights now.
    """
    card = {name: value for name, value in done.card.items() if name != "bodies"}
    card |= bodies_entry(before, learnt=[each["body"] for each in pictures])
    card["training"] |= credits_entry(before.get("training", {}), pictures=pictures)
    write_text(json.dumps(card, indent=2) + "\n", done.weights.with_suffix(".json"))
    return replace(done, card=card)


def patches(number, *, seed=1, pictures=(), progress=None):
    """
    Draw patches of wide fields, with and without a body.

    Parameters
    ----------
    number : int
        How many at most: of every eight that a field may give, those are missing for which it has no room.
    seed : int, default 1
        Of the first field; others follow.
    pictures : sequence of PictureBody, default ()
        Real bodies: half of those that fields show are of them.
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
    check_whole("patches", number)
    made = []
    for field in progress_bar(
        range(seed, seed + -(-number // _EACH)), progress=progress, description="fields"
    ):
        made += _patches_of(field, pictures)
    return made[:number]


def _patches_of(seed, pictures):
    """Patches of one field: in turns with a body and without, as far as there are any."""
    rng = np.random.default_rng(seed)
    field = wide_field(seed, shape=(_FIELD, _FIELD), pictures=pictures, starless=False)
    grey = load_image(field.image).grey
    edges = box_edges(field.objects)
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
