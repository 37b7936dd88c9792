"""Whose pictures the shipped models have learnt from: ``python benchmarks/credits.py > docs/credits.rst``.

The page follows from the cards of the shipped weights alone, so it names every picture and no other.
``--check`` prints what has to be settled before a public release, and exits with 1 while there is anything;
the workflow that publishes runs it.
"""

import argparse
import json
from pathlib import Path

_DATA = Path(__file__).resolve().parents[1] / "astroclassify/models/data"
#: Models that learnt from pictures; the first one also tells what it started from.
MODELS = ("patchnet", "patchnet-presence", "fieldnet")
_START = """\
Credits
=======

The default model, ``patchnet``, the network of the detector, ``fieldnet``, and ``patchnet-presence`` have
learnt from simulated frames and from pictures of real objects. They were shown them as photographs, and as
scenes from which frames were simulated. The pictures are no part of the package. We thank all who made them.

``benchmarks/credits.py`` writes this page from the cards of the weights.

"""
_STATED = """\
Pictures with a stated licence
------------------------------

For these {count} pictures the source states the licence.

"""
_INFERRED = """\
Pictures whose licence is to be checked
---------------------------------------

For these {count} pictures the licence was inferred from where the picture comes from. Each row has to be
checked before a public release; ``python benchmarks/credits.py --check`` lists them, and the workflow that
publishes a release stops while there are any.

"""


def page(cards):
    """Give the page as lines of reStructuredText."""
    stated, inferred = _pictures(cards)
    bodies = len({picture["body"] for picture in [*stated, *inferred]})
    lines = [f"{_START}{len(stated) + len(inferred)} pictures of {bodies} objects were used.\n"]
    if "pretrained" in cards[0]["training"]:
        lines.append(_pretrained(cards[0]["training"]["pretrained"]))
    for text, pictures in ((_INFERRED, inferred), (_STATED, stated)):
        if pictures:
            lines += [text.format(count=len(pictures)) + _table(pictures)]
    return "\n".join(lines)


def _pictures(cards):
    """Divide the pictures into those whose source states the licence, and the others."""
    listed = [picture for card in cards for picture in card["training"].get("pictures", [])]
    pictures = list({(picture["body"], picture["source"]): picture for picture in listed}.values())
    stated = [picture for picture in pictures if picture.get("verified") == "1"]
    return stated, [picture for picture in pictures if picture.get("verified") != "1"]


def _pretrained(start):
    return (
        f"The convolutions of all three started from weights of {start['network']} that had been trained on\n"
        f"{start['data']}.\n"
        f"Source: {start['source']}. Licence: {start['licence']}.\n"
        "Whether the terms of those pictures bind weights that were trained on them is to be settled\n"
        "before a public release.\n"
    )


def _table(pictures):
    lines = [".. list-table::", "   :class: addresses", "   :header-rows: 1", "   :widths: 16 52 32", ""]
    for row in [("object", "picture by", "licence"), *map(_row, pictures)]:
        lines += [f"   {'*' if n == 0 else ' '} - {value}" for n, value in enumerate(row)]
    return "\n".join(lines) + "\n"


def _row(picture):
    source = picture["source"].replace("<", "").replace(">", "").replace("`", "").rstrip("; ")
    return picture["body"], f"``{source}``", picture["licence"]


def unsettled(cards):
    """List what has to be settled before a public release (list of str)."""
    rows = ["\t".join(_row(picture)) for picture in _pictures(cards)[1]]
    start = cards[0]["training"].get("pretrained", {"settled": "1"})
    if start.get("settled") != "1":
        rows.append(f"pretrained\t{start['source']}\t{start['licence']}")
    return rows


def main():
    """Print the page, or what is to be settled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="list what is not settled; exit with 1 if there is any"
    )
    cards = [json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8")) for name in MODELS]
    if not parser.parse_args().check:
        print(page(cards), end="")
        return
    left = unsettled(cards)
    print("\n".join([*left, f"{len(left)} to be settled before a public release"]))
    raise SystemExit(1 if left else 0)


if __name__ == "__main__":
    main()
