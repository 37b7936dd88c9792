"""``astroclassify datasets report``: what is in lists, how far one gets without a pixel, and what leaks."""

import json

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import records, render
from astroclassify.cli._parsing import add_subparser

_EXAMPLES = """
astroclassify datasets report LCID_test.csv blurry_validation.csv
astroclassify datasets report LCID_test.csv --accuracy 0.8909
astroclassify datasets report train.ecsv test.ecsv --format json
"""
_PERCENT = ".1%"


def add_parser(subparsers):
    """
    Add the subcommand.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    """
    parser = add_subparser(
        subparsers,
        "report",
        run,
        summary="What is in lists of frames, how far one gets without a pixel, what repeats, what leaks.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "lists", nargs="+", metavar="LIST", help="lists in the paper's columns, files or addresses"
    )
    parser.add_argument(
        "--accuracy",
        type=float,
        metavar="A",
        help="an accuracy on each list, 0 to 1, whose intervals are asked for",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of the bootstrap (default: %(default)s)"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to print it (default: %(default)s)"
    )


def run(arguments):
    """
    Report on every list, each beside the others.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``lists`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.datasets import read_manifest, report_manifest

    tables = {source: read_manifest(source) for source in arguments.lists}
    names, found = list(tables), []
    for number, (name, table) in enumerate(tables.items(), start=1):
        others = {other: tables[other] for other in names[number:]}  # each pair once
        found.append(
            report_manifest(table, name=name, others=others, accuracy=arguments.accuracy, rng=arguments.seed)
        )
    if arguments.format == "json":
        print(json.dumps([_plain(entry) for entry in found], indent=2))
    else:
        print("\n\n".join(_text(entry) for entry in found))
    return _exit_codes.DONE


def _plain(found):
    facts = {name: getattr(found, name) for name in ("name", "frames", "exposures", "visits")}
    tables = {n: records(getattr(found, n)) for n in ("bodies", "counts", "rules", "repeats", "intervals")}
    leakage = {other: vars(shared) | {"level": shared.level} for other, shared in found.leakage.items()}
    return facts | tables | {"leakage": leakage}


def _text(found):
    parts = [_heading(found), _bodies(found), _counts(found), _rules(found), _intervals(found)]
    parts.append("\n".join(f"{row['what']}: {row['frames']} frames" for row in found.repeats))
    parts += [f"shared with {other}: {shared}" for other, shared in found.leakage.items()]
    return "\n\n".join(part.rstrip() for part in parts if part)


def _heading(found):
    lines = [
        f"{found.name}: {found.frames} frames of {found.exposures} exposures, {_count_of(found)} bodies, "
        f"{found.visits} visits"
    ]
    for label in sorted(set(found.bodies["label"])):
        names, frames, total = found.largest(label)
        bodies = int((found.bodies["label"] == label).sum())
        most = f"{', '.join(names)} give {frames} ({frames / total:.0%})"
        lines.append(f"{label}: {total} frames of {bodies} bodies; {most}")
    return "\n".join(lines)


def _count_of(found):
    return len(set(found.bodies["body"]))


def _bodies(found):
    table = found.bodies.copy()
    table["share"].info.format = _PERCENT
    outside = int(table["outside"].sum())
    note = f"{outside} frames lie outside of their body's catalogue size" if outside else ""
    return render(table, "table") + note


def _counts(found):
    return render(found.counts, "table")


def _rules(found):
    table = found.rules.copy()
    for name in table.colnames:
        if table[name].dtype.kind == "f":
            table[name].info.format = _PERCENT
    says = table["says"][list(table["rule"]).index("Instrument")]
    table.remove_column("says")
    return (
        "without a pixel (the best rule on this list, on bodies it has not seen, and its 95% intervals "
        f"when bodies, visits or frames are drawn again):\n{render(table, 'table')}by Instrument: {says}"
    )


def _intervals(found):
    if not len(found.intervals):
        return ""
    said = (
        f"{row['low']:.1%} to {row['high']:.1%} if the {row['number']} {row['drawn']} are independent"
        for row in found.intervals
    )
    return "the accuracy asked about is worth, at 95%: " + "; ".join(said)
