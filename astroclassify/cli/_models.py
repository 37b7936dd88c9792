"""``astroclassify models``: what can classify, and what each model is made of."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap

from astropy.table import Table

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import check_writable, say, write_result
from astroclassify.cli._parsing import add_output, add_subparser
from astroclassify.core import AstroclassifyError, MissingWeightsError

_LIST_EXAMPLES = """
astroclassify models
astroclassify models --wide
astroclassify models --format json
astroclassify models summary patchnet
astroclassify models compare
astroclassify models export default --onnx default.onnx
"""

_SUMMARY_EXAMPLES = """
astroclassify models summary hr-celestialnet
astroclassify models summary default --format csv -o layers.csv
"""

_EXPORT_EXAMPLES = """
astroclassify models export default --onnx default.onnx
astroclassify models export yolo --onnx yolo.onnx
astroclassify models export starless --onnx starless.onnx
"""

_COMPARE_EXAMPLES = """
astroclassify models compare
astroclassify models compare patchnet efficientnet-b0 hr-celestialnet --format json
"""

#: Models whose networks are those of detectors.
_NETWORKS = {"yolo": "fieldnet"}
#: Columns of the list as it is read, beside the description; characters of its lines, if names are not long.
_SHOWN, _WIDTH, _NARROWEST = ("name", "task", "weights"), 100, 40


def add_parser(subparsers):
    """
    Add the subcommand.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    """
    parser = add_subparser(
        subparsers, "models", run_list, summary="List the models.", examples=_LIST_EXAMPLES
    )
    parser.add_argument(
        "--wide",
        action="store_true",
        help="classes and owners too, a line for each model; files and other formats have them always",
    )
    add_output(parser)
    nested = parser.add_subparsers(title="more", metavar="")
    nested_parser = add_subparser(
        nested,
        "summary",
        run_summary,
        summary="Describe one model layer by layer.",
        examples=_SUMMARY_EXAMPLES,
    )
    nested_parser.add_argument("name", metavar="NAME", help="a model's name, or 'default'")
    add_output(nested_parser)
    nested_parser = add_subparser(
        nested,
        "compare",
        run_compare,
        summary="Compare what models need, beside the paper's Table 3.",
        examples=_COMPARE_EXAMPLES,
    )
    nested_parser.add_argument(
        "names", metavar="NAME", nargs="*", help="models' names; by default those of the table"
    )
    add_output(nested_parser)
    nested_parser = add_subparser(
        nested,
        "export",
        run_export,
        summary="Write a model's network for computers without torch.",
        examples=_EXPORT_EXAMPLES,
    )
    nested_parser.add_argument(
        "name",
        metavar="NAME",
        help="a model's name, 'default', 'yolo' (the detector), or 'starless'",
    )
    nested_parser.add_argument("--onnx", type=Path, required=True, metavar="OUT", help="the file to write")
    nested_parser.add_argument(
        "--weights", metavar="PATH", help="a safetensors file, instead of the model's own weights"
    )


def run_list(arguments):
    """
    List every declared model; a broken plug-in is listed as such.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``wide``, ``format`` and ``output``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.models import MODELS

    rows = []
    for entry in MODELS.entries():
        try:
            spec = MODELS[entry.name]
        except AstroclassifyError as error:
            say(str(error))
            rows.append((entry.name, "", "", "broken", entry.owner, ""))
        else:
            classes = ", ".join(spec.classes)
            columns = (spec.task, classes, weights_state(spec), entry.owner, spec.description)
            rows.append((entry.name, *columns))
    names = ("name", "task", "classes", "weights", "owner", "description")
    table = Table(rows=rows, names=names, dtype=[str] * len(names))
    if arguments.output is None and arguments.format in (None, "table") and not arguments.wide:
        table = _narrow(table)
    write_result(table, format=arguments.format, output=arguments.output)
    return _exit_codes.DONE


def _narrow(table):
    """Leave out what ``models summary`` tells, and wrap descriptions."""
    taken = sum(1 + max(len(text) for text in (name, *table[name])) for name in _SHOWN)
    rows = []
    for row in table:
        first, *more = wrap(row["description"], max(_WIDTH - taken, _NARROWEST)) or [""]
        rows.append((*row[_SHOWN], first))
        rows += [(*[""] * len(_SHOWN), line) for line in more]
    names = (*_SHOWN, "description")
    return Table(rows=rows or None, names=names, dtype=[str] * len(names))


def weights_state(spec):
    """
    Say whether a model's weights are there, without downloading anything.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    str
        ``"yes"``, ``"download"`` (a first use fetches them), ``"missing"``, or ``"none"``.
    """
    from astroclassify.models import locate_weights, weights_cache

    if spec.weights is None:
        return "none"
    if spec.weights.url:
        cached = weights_cache() / f"{spec.weights.sha256}.safetensors"
        return "yes" if cached.is_file() else "download"
    try:
        locate_weights(spec)
    except MissingWeightsError:
        return "missing"
    return "yes"


def run_summary(arguments):
    """
    Describe one model: facts on standard error, its layers as the result.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``name``, ``format`` and ``output``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.models import find_spec, summarise_model

    spec = find_spec(arguments.name)
    layers = summarise_model(spec)
    for line in _facts(spec, layers.meta):
        say(line)
    write_result(layers, format=arguments.format, output=arguments.output)
    return _exit_codes.DONE


def _facts(spec, meta):
    yield f"{spec.name}: {spec.description}"
    yield f"task: {spec.task}; classes: {', '.join(spec.classes)}; weights: {weights_state(spec)}"
    yield f"input: {meta['input']} for a frame of 2048 x 4096; parameters: {meta['parameters']:,}"
    if spec.reference:
        yield f"reference: {spec.reference}"
    if weights_state(spec) == "yes":
        yield from _card_facts(spec)


def _card_facts(spec):
    """Say what the card of the weights tells of their training, and how well they do."""
    from astroclassify.models import locate_weights

    card = spec.weights.card or locate_weights(spec)[1]
    if "sha256" in card:
        yield f"sha256 of the weights: {card['sha256']}; licence: {card.get('licence', 'not stated')}"
    if limits := list(_limits(card)):
        yield f"an answer is uncertain if {', or '.join(limits)}"
    training = card.get("training")
    if isinstance(training, Mapping) and "data" in training:
        yield f"trained on: {training['data']}"
    metrics = card.get("metrics")
    for data, values in metrics.items() if isinstance(metrics, Mapping) else ():
        listed = values.items() if isinstance(values, Mapping) else [("", values)]
        figures = ", ".join(f"{name} {value}".strip() for name, value in listed)
        yield f"measured on {data}: {figures}"


def _limits(card):
    if "novelty" in card:
        yield f"the novelty ({card['novelty']['score']}) is above {card['novelty']['above']:.4g}"
    if "field_above" in card:
        yield f"the probability of field is above {card['field_above']:.4g}"
    if "uncertain_below" in card:
        yield f"the probability is below {card['uncertain_below']:.4g}"


def run_export(arguments):
    """
    Write a network as ONNX.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``name``, ``onnx`` and ``weights``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.detect import export_starless
    from astroclassify.models import export_onnx

    check_writable(arguments.onnx)
    if arguments.name == "starless":
        facts = export_starless(arguments.onnx, weights=arguments.weights)
    else:
        name = _NETWORKS.get(arguments.name, arguments.name)
        facts = export_onnx(name, arguments.onnx, weights=arguments.weights)
    size = arguments.onnx.stat().st_size / 1e6
    say(
        f"{arguments.onnx}: {size:.1f} MB; onnxruntime's answers differ from torch's by "
        f"{facts['largest_difference']:.1g} of the largest"
    )
    return _exit_codes.DONE


def run_compare(arguments):
    """
    Compare models: how far the paper's figures are met on standard error, the table as the result.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``names``, ``format`` and ``output``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.models import TABLE_3, compare_models

    table = compare_models(arguments.names or tuple(TABLE_3))
    printed = 3 * int((~table["equal"].mask).sum())
    if printed:
        equal = int(table["equal"].sum())
        say(f"{equal} of {printed} figures equal the printed digits of Table 3 of arXiv:2312.04948")
    write_result(table, format=arguments.format, output=arguments.output)
    return _exit_codes.DONE
