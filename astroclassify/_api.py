"""The facade: from a frame, or a file of frames, to an answer."""

from collections.abc import Iterable
from dataclasses import asdict

from astropy.coordinates import SkyCoord

from astroclassify._request import Request
from astroclassify._work import classified, classify_one, items_of, provenance_of, sources_of
from astroclassify.core import FrameError, ParameterError, check_whole
from astroclassify.identify import NamedBody
from astroclassify.inference import answers_table, check_grouping, grouped, with_bodies
from astroclassify.scale import find_crew

_ON_ERROR = ("record", "raise")


def classify(
    frame,
    *,
    model="default",
    weights=None,
    device=None,
    precision="auto",
    batch_size=1,
    flips=None,
    prior=None,
    return_evidence=True,
    chip=None,
    instrument=None,
    extension=None,
    mask_bits=None,
    identify=None,
    survey=None,
):
    """
    Classify a frame as part of a galaxy, or of a nebula or star cluster.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData`, array, path, bytes, file object or HDUList
        One frame ``[y, x]`` of any real type and unit, 64 x 64 pixels or more (smaller ones
        are tried), NaN or masked where a pixel is unusable; or a FITS file or picture
        (PNG, JPEG, TIFF), read by `~astroclassify.io.read_frames`; or, with ``survey``, a position
        (`~astropy.coordinates.SkyCoord`).
    model : str, ModelSpec or Model, default "default"
        A registered name; ``"default"`` is the one that ``conf.default_model`` names.
    weights : str, path-like or Weights, optional
        A safetensors file instead of the model's own weights.
    device : str, optional
        ``"cpu"``, ``"cuda"``, ``"auto"``, ...; `None` for ``conf.device``, which is ``"auto"``
        unless you set it: a GPU where there is one.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        Of the network's arithmetic; see `~astroclassify.models.build_model`.
    batch_size : int, default 1
        How many views of the frame pass the network at once: up to 4 where they are averaged.
    flips : bool, optional
        Average over the frame, its two mirror images and the frame turned by 180 degrees. `None` for
        what is best for the model, ``ModelSpec.flips``.
    prior : mapping of str to float or "catalogue", optional
        Expected shares of ``galaxy`` and ``nsc`` among your frames, or of every class of the model,
        summing to 1, for example ``{"galaxy": 0.9, "nsc": 0.1}``; see
        `~astroclassify.inference.prior_shift`. `None` leaves probabilities as calibrated. With
        ``"catalogue"`` a catalogued body that covers the frame says what is expected.
    return_evidence : bool, default True
        Give the map of the evidence, where the model has one.
    chip : int, optional
        Which chip of a file; needed where it has more than one.
    instrument : str, optional
        Name of the instrument of a file whose header does not say.
    extension : int, str, tuple or list of these, optional
        Which extension of a file holds the image, as for `~astroclassify.read_frames`.
    mask_bits : int, str or iterable of str, optional
        Which bits of a file's mask image make a pixel unusable, as for `~astroclassify.read_frames`.
    identify : bool, str, `~astropy.table.QTable` or CatalogueSource, optional
        Name the catalogued body that the frame shows, by its WCS: ``answer.body`` and ``answer.agrees``; True
        for the package's own catalogue, else which (see `~astroclassify.identify.identify`). It never changes
        the label. `None` does so for a position only.
    survey : str, optional
        Name of a HiPS, such as ``"CDS/P/DSS2/red"``, from which the frame about a position is fetched
        (`~astroclassify.identify.survey_frame`).

    Returns
    -------
    Classification
        The label, its probability, the evidence and the provenance. Two answers are equal where all of that
        is, but for time and duration: the ``source`` counts, and so does the evidence.

    Raises
    ------
    FrameError
        If the frame cannot be used, or the file has several chips and ``chip`` is not given.
    ReadError
        If the file cannot be read.
    UnknownNameError
        If no model has the name.
    MissingWeightsError
        If the model has no weights; the message says how to get them.
    WeightsError
        If the weights are damaged or do not fit.
    ParameterError
        If the model is not one for frames, the device or precision does not exist, the prior or the
        batch size is not one, or the file has no such chip.
    PluginError
        If the model breaks its contract.

    See Also
    --------
    classify_many : Many frames or files, into a table.

    Examples
    --------
    >>> from astroclassify import classify
    >>> from astroclassify.simulate import random_frames
    >>> (frame,) = random_frames(7, kind="globular", shape=(128, 128))
    >>> answer = classify(frame.array)          # or the name of a file, with chip=1
    >>> print(answer.label, round(answer.probability, 1))
    nsc 1.0
    """
    read = {"instrument": instrument, "extension": extension, "mask_bits": mask_bits}
    request = Request(
        **{"model": model, "weights": weights, "device": device, "precision": precision},
        **{"flips": flips, "prior": prior, "batch_size": batch_size, "evidence": return_evidence},
        identify=isinstance(frame, SkyCoord) if identify is None else identify,
    )
    asked = request.asked()
    sources = sources_of(frame, chip=chip, read=read, survey=survey)
    if len(sources) > 1:
        chips = ", ".join(str(source.chip or "without number") for source in sources)
        raise FrameError(
            f"{sources[0].name} holds {len(sources)} frames (chips {chips}); "
            "choose one with chip=, or use classify_many for all of them"
        )
    return classify_one(sources[0], asked)


def classify_many(
    frames,
    *,
    model="default",
    weights=None,
    device=None,
    precision="auto",
    batch_size=1,
    flips=None,
    prior=None,
    chip=None,
    instrument=None,
    extension=None,
    mask_bits=None,
    identify=None,
    survey=None,
    group_by=None,
    on_error="record",
    prefetch=2,
    executor=None,
    workers=None,
    output=None,
    evidence=False,
    thumbnails=False,
    timeout=None,
    progress=None,
):
    """
    Classify many frames or files; one that fails does not stop the others.

    Parameters
    ----------
    frames : iterable, path, or one frame
        Whatever `classify` takes, mixed at will, and addresses ``https://...``, ``s3://...`` (public) and
        ``mast:HST/product/...``, of which only the bytes come that are needed. Every chip of a file is
        classified, or ``chip``. A folder stands for its files with a known suffix (not deeper), and a pattern
        such as ``"night1/*_raw.fits"`` for those that match.
    model : str, ModelSpec or Model, default "default"
        As for `classify`.
    weights : str, path-like or Weights, optional
        As for `classify`.
    device : str, optional
        As for `classify`.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        As for `classify`.
    batch_size : int, default 1
        How many frames and views of frames pass the network at once; only neighbours whose planes
        have one shape do. With 1 the company never changes a result by one bit; more is for GPUs, and
        changes logits by rounding only (about 1e-5 of the largest, in float32).
    flips : bool, optional
        As for `classify`.
    prior : mapping of str to float or "catalogue", optional
        As for `classify`.
    chip : int, optional
        Only this chip of every file; the others are not even read. What has no such chip is in error.
    instrument : str, optional
        As for `classify`, for every file.
    extension : int, str, tuple or list of these, optional
        As for `classify`, for every file.
    mask_bits : int, str or iterable of str, optional
        As for `classify`, for every file.
    identify : bool, str, `~astropy.table.QTable` or CatalogueSource, optional
        As for `classify`; the table has more columns then.
    survey : str, optional
        As for `classify`, for every position.
    group_by : {"visit", "file"}, optional
        Give one answer for all frames of a visit of HST (dithers, bands, both chips), or of a file; see
        `~astroclassify.inference.combine_answers`. Not with ``identify``.
    on_error : {"record", "raise"}, default "record"
        Write an error into the table's row, or raise it.
    prefetch : int, default 2
        How many items are read and prepared ahead, in one other thread, while the network works;
        0 does everything in the calling thread. No more than these and a batch are held in memory.
    executor : str, concurrent.futures.Executor or distributed.Client, optional
        Who does the work: ``"processes"``, ``"dask"`` (a cluster on this machine), the address of a Dask
        scheduler, or an executor or client of your own. By default this process. Each worker builds the model
        once, and takes one thread.
    workers : int, optional
        How many; by default, with an executor, one for each core, or as many as the cluster has.
    output : path-like, optional
        A folder, ``NAME.parquet``, to which the rows of each file are added as soon as they are there: a data
        set of Parquet files, with more columns (instrument, position, time, outline, ...). What is in it
        already is not done again, unless it failed or the file has changed: a run that was stopped goes on.
        Only files and addresses then, not frames in memory.
    evidence, thumbnails : bool, default False
        Add columns with the map of the evidence (PNG, to be laid over the frame) and a small picture of the
        frame (JPEG), as bytes.
    timeout : float, optional
        Seconds that the reading of one file may take; by default there is no limit.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    astropy.table.QTable
        One row per frame, in order (with ``output`` all that the data set holds, by source): ``source``,
        ``chip`` (0 where the frame has no chip number), ``label``, ``probability``, ``p_galaxy`` (of galaxy
        among galaxy and nsc), ``p_class_<name>`` for each class of
        the model (``p_class_star_cluster`` for ``star cluster``), ``novelty``, ``error`` (empty where all
        went well; else the label is empty and the numbers are NaN) and ``model``. Its ``meta`` holds the
        provenance. There are no maps of the evidence. With ``identify`` there are also ``body``,
        ``body_class``, ``frame_in_body`` (share), ``agrees`` (``"yes"``, ``"no"``, or empty where body or
        label is not known) and ``body_note``. With ``group_by`` there is a row for each group, and also
        ``frames`` (how many), ``spread`` (of their log-odds) and ``reason``.

    Raises
    ------
    ParameterError
        If the model is not one for frames; if ``on_error``, ``group_by``, the device, the precision, the
        prior or a number is wrong; or if ``frames`` is not iterable.
    UnknownNameError
        If no model has the name.
    MissingWeightsError
        If the model has no weights.
    AstroclassifyError
        Whatever is wrong with a frame, with ``on_error="raise"``.

    Examples
    --------
    >>> from astroclassify import classify_many
    >>> from astroclassify.simulate import random_frames
    >>> (frame,) = random_frames(7, kind="globular", shape=(128, 128))
    >>> table = classify_many([frame.array, "missing.fits"], progress=False)
    >>> for row in table:
    ...     print(row["label"] or "none", row["error"])
    nsc
    none ReadError: missing.fits: there is no such file
    """
    if on_error not in _ON_ERROR:
        raise ParameterError(f"on_error is {on_error!r}; expected one of {_ON_ERROR}")
    check_whole("prefetch", prefetch, least=0)
    check_grouping(group_by, identify, prior)
    read = {"instrument": instrument, "extension": extension, "mask_bits": mask_bits}
    request = Request(
        **{"model": model, "weights": weights, "device": device, "precision": precision},
        **{"flips": flips, "prior": prior, "batch_size": batch_size, "evidence": evidence},
        **{"thumbnails": thumbnails, "timeout": timeout, "recorded": on_error == "record"},
        identify=False if identify is None else identify,
        chosen={"chip": chip, "read": read, "survey": survey},
    )
    asked = request.asked()
    run = {"executor": executor, "workers": workers, "output": output}
    table = _table(frames, request, asked, run, prefetch=prefetch, progress=progress)
    return table if group_by is None else grouped(table, group_by, asked.model, prior=prior)


def _table(frames, request, asked, run, *, prefetch, progress):
    """Answer in this process, unless workers, a result set or pictures are asked for."""
    items = items_of(frames)
    if not isinstance(items, Iterable):
        raise ParameterError(f"frames is a {type(frames).__name__}; expected frames or files, or one of them")
    how = {"progress": progress, "total": len(items) if hasattr(items, "__len__") else None}
    if all(each is None for each in run.values()) and not (request.evidence or request.thumbnails):
        return _in_this_process(items, request, asked, depth=prefetch, **how)
    crew = find_crew(run["executor"], run["workers"])
    return _by_workers(items, request, asked, crew, run["output"], **how)


def _in_this_process(items, request, asked, **how):
    answers = list(classified(items, asked, request.chosen, **how))
    table = answers_table([each.row for each in answers], asked.model.classes, meta=provenance_of(asked))
    if asked.catalogue is None:
        return table
    return with_bodies(table, [asdict(each.entry.named or NamedBody()) for each in answers])


def _by_workers(items, request, asked, crew, output, **how):
    from astroclassify._scaled import scaled, table_of, table_on_disk

    rows = scaled(items, request, crew, output=output, **how)
    return table_of(rows, asked) if output is None else table_on_disk(output, asked)
