"""`classify_group`: one answer of several frames of the same body."""

from astroclassify._api import classify_many
from astroclassify.core import FrameError
from astroclassify.inference import combine_answers
from astroclassify.models import ready_model


def classify_group(
    frames,
    *,
    model="default",
    weights=None,
    device=None,
    precision="auto",
    batch_size=1,
    flips=None,
    prior=None,
    instrument=None,
    progress=None,
):
    """
    Classify several frames of one body together: dithers, bands, or both chips of a visit.

    Parameters
    ----------
    frames : iterable
        Whatever `classify` takes; of a file of several chips all are used.
    model : str, ModelSpec or Model, default "default"
        As for `classify`.
    weights : str, path-like or Weights, optional
        As for `classify`.
    device : str, optional
        As for `classify`.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        As for `classify`.
    batch_size : int, default 1
        As for `classify_many`.
    flips : bool, optional
        As for `classify`.
    prior : mapping of str to float, optional
        As for `classify`.
    instrument : str, optional
        As for `classify`, for every file.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    Classification
        One answer, without a map of the evidence; ``meta`` says how many ``frames`` there were, how many were
        ``used``, the ``spread`` of their log-odds, and their ``labels``. Where some are surely galaxies and
        others surely nsc, it is ``uncertain``.

    Raises
    ------
    FrameError
        If none of the frames can be used.
    AstroclassifyError
        As for `classify_many`.

    See Also
    --------
    classify_many : With ``group_by``, an answer for each visit of many.
    astroclassify.inference.combine_answers : The rule.

    Examples
    --------
    >>> from astroclassify import classify_group
    >>> from astroclassify.simulate import random_frames
    >>> views = random_frames(8, kind="globular", shape=(128, 128), renderings=2)
    >>> answer = classify_group([view.array for view in views])         # or names of files
    >>> print(answer.label, answer.meta["frames"], round(answer.meta["effective_number"], 2))
    nsc 2 1.33
    """
    loaded = ready_model(model, weights=weights, device=device, precision=precision)
    options = {"batch_size": batch_size, "flips": flips, "prior": prior, "progress": progress}
    table = classify_many(frames, model=loaded, instrument=instrument, **options)
    failed = table[table["error"] != ""]
    if len(failed) == len(table):
        reason = failed["error"][0] if len(failed) else "there are none"
        raise FrameError(f"none of the {len(table)} frames can be used; the first: {reason}")
    meta = dict(table.meta) | {"failed": [str(row["source"]) for row in failed]}
    return combine_answers(table, loaded, prior=prior, meta=meta)
