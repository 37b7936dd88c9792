"""What the subcommands' parsers share."""

import argparse
from functools import partial
from pathlib import Path

from astroclassify.cli._output import FORMATS


def add_subparser(subparsers, name, run, *, summary, examples):
    """
    Add a subcommand whose help ends with examples.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    name : str
        The subcommand's name.
    run : callable
        ``run(arguments) -> int``, the exit status.
    summary : str
        One line for the listing and the help.
    examples : str
        Command lines, one each line.

    Returns
    -------
    argparse.ArgumentParser
        The new parser.
    """
    indented = "\n".join(f"  {line}" for line in examples.strip().splitlines())
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"examples:\n{indented}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add_talk(parser)
    return parser


def add_talk(parser):
    """
    Add ``--verbose`` and ``--quiet``, before the command's name or behind it.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add them; it leaves ``verbose`` and ``quiet`` alone where they are not given.
    """
    group = parser.add_argument_group("messages")
    group.add_argument(
        *("-v", "--verbose"),
        action="count",
        default=argparse.SUPPRESS,
        help="say what is done; twice for details",
    )
    group.add_argument(
        *("-q", "--quiet"),
        action="store_true",
        default=argparse.SUPPRESS,
        help="say errors only: no warnings, notes and progress",
    )


def add_files(parser, *, needed=True):
    """
    Add the positional argument FILE...

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    needed : bool, default True
        Whether there must be one.
    """
    parser.add_argument(
        "files",
        nargs="+" if needed else "*",
        metavar="FILE",
        help="FITS files or pictures, their addresses, folders of them, or quoted patterns such as "
        "'night1/*_raw.fits'",
    )


def prior(text):
    """
    Read expected shares of classes.

    Parameters
    ----------
    text : str
        Such as ``"galaxy=0.9,nsc=0.1"``, or ``"catalogue"``.

    Returns
    -------
    dict of str to float, or str
        The shares by class, or ``"catalogue"``.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is anything else.
    """
    return text if text == "catalogue" else shares(text)


def shares(text, *, of="CLASS", example="galaxy=0.9,nsc=0.1"):
    """
    Read shares.

    Parameters
    ----------
    text : str
        Such as ``"galaxy=0.9,nsc=0.1"``.
    of, example : str
        What the shares are of, and an example, for the error.

    Returns
    -------
    dict of str to float
        The shares by name.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is anything else.
    """
    found = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{part!r} is not of the form {of}=SHARE, as in {example}"
            ) from None
    return found


def add_source_shares(parser):
    """
    Add ``--shares`` of the sources of a training.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    """
    parser.add_argument(
        "--shares",
        type=partial(shares, of="SOURCE", example="csst=0.2,chips=0"),
        default={},
        metavar="SOURCE=X,...",
        help="shares of sources in a batch; the others keep their proportions, and 0 leaves one out",
    )


def add_reading(parser):
    """
    Add ``--extension`` and ``--mask-bits``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add them.
    """
    parser.add_argument(
        "--extension",
        type=extensions,
        metavar="EXT",
        help="the extension that holds the image: its number, NAME or NAME,VERSION; several joined by '+'",
    )
    parser.add_argument(
        "--mask-bits",
        type=mask_bits,
        metavar="BITS",
        help="bits of a mask image that make a pixel unusable: a number (or-ed), or names, as in BAD,NO_DATA",
    )


def reading(arguments):
    """
    Give the options of reading that `add_reading` added.

    Parameters
    ----------
    arguments : argparse.Namespace
        Parsed.

    Returns
    -------
    dict
        For `astroclassify.read_frames` and `astroclassify.classify_many`.
    """
    return {"extension": arguments.extension, "mask_bits": arguments.mask_bits}


def extensions(text):
    """
    Read which extensions to take.

    Parameters
    ----------
    text : str
        Such as ``"2"``, ``"SCI,1"`` or ``"1+2"``.

    Returns
    -------
    list
        Of numbers, names, and pairs of name and EXTVER.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none of these.
    """
    return [_extension(part.strip()) for part in text.split("+")]


def _extension(part):
    name, comma, version = part.partition(",")
    if part.isdigit():
        return int(part)
    if not name.strip() or (comma and not version.strip().isdigit()):
        raise argparse.ArgumentTypeError(f"{part!r} is no extension; expected a number, NAME or NAME,VERSION")
    return (name.strip(), int(version)) if comma else name


def mask_bits(text):
    """
    Read bits of a mask image.

    Parameters
    ----------
    text : str
        A number, such as ``"17"`` or ``"0x11"``, or names separated by commas.

    Returns
    -------
    int or tuple of str
        As `astroclassify.read_frames` takes them.
    """
    try:
        return int(text, 0)
    except ValueError:
        return tuple(name.strip() for name in text.split(","))


def add_output(parser):
    """
    Add ``--format`` and ``-o``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add them.
    """
    parser.add_argument(
        "--format", choices=FORMATS, help="of the result; by default from OUT's name, otherwise a plain table"
    )
    add_output_file(parser, "write the result to this file; an older one is replaced when it is complete")


def add_output_file(parser, text, *, metavar="OUT", **options):
    """
    Add ``-o``, the file that the command writes.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    text : str
        Its help.
    metavar : str, default "OUT"
        What it is called in the help.
    **options
        For `argparse.ArgumentParser.add_argument`, such as ``required``.
    """
    parser.add_argument("-o", "--output", type=Path, metavar=metavar, help=text, **options)


def add_output_dir(parser, text, **options):
    """
    Add ``-o``, the folder that the command writes to.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    text : str
        Its help.
    **options
        For `argparse.ArgumentParser.add_argument`, such as ``required``.
    """
    add_output_file(parser, text, metavar="DIR", **options)


def add_progress(parser):
    """
    Add ``--no-progress``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it; ``progress`` is False, or `None` for a bar on a terminal only.
    """
    parser.add_argument(
        "--no-progress",
        dest="progress",
        action="store_const",
        const=False,
        help="no progress bar, even on a terminal",
    )


def add_processes(parser):
    """
    Add ``--processes``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    """
    parser.add_argument(
        "--processes", type=int, default=1, metavar="P", help="how many at a time (default: %(default)s)"
    )


def add_model(parser):
    """
    Add ``--model`` and ``--weights``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add them.
    """
    parser.add_argument(
        "--model", default="default", help="name of the model; 'astroclassify models' lists them"
    )
    parser.add_argument(
        "--weights", metavar="PATH", help="a safetensors file, instead of the model's own weights"
    )


def add_device(parser):
    """
    Add ``--device``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    """
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:1, mps, ... (default: as configured)")


def add_list(parser):
    """
    Add the positional argument LIST.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    """
    parser.add_argument("list", type=Path, metavar="LIST", help="a table in the columns of the paper's lists")


def add_frame_dir(parser):
    """
    Add ``--frame-dir``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    """
    parser.add_argument(
        "--frame-dir", type=Path, metavar="DIR", help="folder of the files (default: the list's)"
    )
