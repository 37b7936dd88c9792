"""Stars and galaxies of real frames: ``python benchmarks/sources_real.py OUT.png NAME=FILE,FILE``.

Each NAME is a field, FILEs its images, one for each band (the band as the header says, or ``--band`` for
files that do not say). Sources of ``--snr`` or more are marked: stars blue, galaxies red, uncertain ones
grey. It is a look at real data, of which nobody knows the truth; no score is computed.
"""

import argparse
from pathlib import Path

from astroclassify import classify_sources, read_frames
from astroclassify.visualization import plot_sources


def images(files, band):
    """Give the first frame of each file, by band."""
    frames = [read_frames(file)[0] for file in files.split(",")]
    return {frame.meta.get("ACBAND") or band: frame for frame in frames}


def asked(arguments=None):
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, metavar="OUT.png")
    parser.add_argument("fields", nargs="+", metavar="NAME=FILE,FILE")
    parser.add_argument("--band", default="F814W", help="of files that do not say (default: %(default)s)")
    parser.add_argument(
        "--snr", type=float, default=10.0, help="of the faintest that are marked (default: 10)"
    )
    parser.add_argument("--weights")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Classify the sources of every field, and draw them."""
    chosen = asked(arguments)
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        1, len(chosen.fields), figsize=(5.5 * len(chosen.fields), 5.5), layout="constrained", squeeze=False
    )
    for ax, field in zip(axes[0], chosen.fields, strict=True):
        name, _, files = field.partition("=")
        found = images(files, chosen.band)
        table = classify_sources(found, weights=chosen.weights)
        table = table[table["snr"] >= chosen.snr]
        counts = {label: int((table["label"] == label).sum()) for label in ("star", "galaxy", "uncertain")}
        print(
            f"{name}: bands {', '.join(found)}; {len(table)} sources of S/N {chosen.snr:g} or more: {counts}"
        )
        plot_sources(list(found.values())[-1], table, ax=ax)
        ax.set_title(name)
    figure.savefig(chosen.output, dpi=90)


if __name__ == "__main__":
    main()
