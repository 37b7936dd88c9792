"""Tables and figures of the page "Reproducing the paper".

Run: ``python benchmarks/reproduce.py --clear EVALUATION --blurry EVALUATION [--times EVALUATION]
[--robustness EVALUATION] --output FOLDER``. The folders are those that ``astroclassify evaluate`` made of the
simulated twins of both published lists; ``--times`` is one that nothing else disturbed, of models that need
not be trained. Writes tables (reStructuredText, to be included) and figures (PNG).
"""

import argparse
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.core import atomic_path, write_text
from astroclassify.datasets import LabelledFrame, read_manifest
from astroclassify.evaluation import read_evaluation
from astroclassify.preprocess import counts_planes
from astroclassify.visualization import plot_confusion, plot_misclassified, plot_robustness

#: Table 4 of arXiv:2312.04948: name and set there; accuracy, F1 of galaxies and of NSC (%), preprocessing and
#: classification (ms).
PAPER = {
    "alexnet-resize": ("AlexNet, LCID-Resize", 79.12, 78.75, 79.48, 120.6, 0.8),
    "alexnet": ("AlexNet, LCID", 77.18, 76.58, 77.75, 60.6, 35.8),
    "vgg16-bn-resize": ("VGGNet, LCID-Resize", 88.28, 89.21, 87.17, 120.6, 4.7),
    "vgg16-bn": ("VGGNet, LCID", 87.46, 88.15, 86.68, 60.6, 260.5),
    "resnet18-resize": ("ResNet, LCID-Resize", 86.27, 87.05, 85.39, 120.6, 5.8),
    "resnet18": ("ResNet, LCID", 87.65, 88.72, 86.35, 60.6, 56.9),
    "hr-celestialnet": ("HR-CelestialNet, LCID", 89.09, 90.20, 87.69, 60.6, 55.9),
}
#: Accuracy on LCID-Blurry (%), as its text gives it.
PAPER_BLURRY = {"hr-celestialnet": 84.48, "vgg16-bn": 78.45, "alexnet": 75.86, "resnet18": 75.00}
#: What stands where there is no figure. A hyphen alone would begin a list in reStructuredText.
NONE = "\N{EN DASH}"
_FIGURES = ("accuracy", "f1_galaxy", "f1_nsc")
_DPI = 90


def percent(row, name):
    """Give a figure of a row as per cent, with its interval by body."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{100 * row[name]:.1f} ({100 * low:.0f} to {100 * high:.0f})"


def milliseconds(row, name):
    """Give a time of a row."""
    return f"{row[name]:.1f}" if row[name] < 100 else f"{row[name]:.0f}"


def rst_table(head, rows):
    """Format rows of text as a table."""
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
             for line in [head, *rows]]  # fmt: skip
    return "\n".join([rule, lines[0], rule, *lines[1:], rule]) + "\n"


def table4(clear):
    """Put our Table 4 beside the paper's: how good the models are."""
    rows = []
    for row in clear.tables["performance"]:
        name, *theirs = PAPER.get(row["model"], (row["model"], *[NONE] * 5))
        paper = [each if each == NONE else f"{each:.2f}" for each in theirs[:3]]
        rows.append([name, *paper, *(percent(row, figure) for figure in _FIGURES)])
    heads = ("accuracy", "F1 galaxy", "F1 NSC")
    return rst_table(["model, set", *(f"{h}, paper" for h in heads), *heads], rows)


def table4_times(timed):
    """Put our times beside the paper's."""
    rows = []
    for row in timed.tables["performance"]:
        name, *theirs = PAPER.get(row["model"], (row["model"], *[NONE] * 5))
        before, after = theirs[3:]
        both = NONE if before == NONE else f"{before + after:.1f}"
        ours = [milliseconds(row, f"{step}_ms") for step in ("preprocess", "classify", "total")]
        rows.append([name, str(before), str(after), both, *ours, str(row["threads"])])
    rows.sort(key=lambda row: [*(name for name, *_ in PAPER.values()), row[0]].index(row[0]))
    heads = ("preprocessing", "classification", "total")
    return rst_table(["model, set", *(f"{h}, paper" for h in heads), *heads, "threads"], rows)


def table_blurry(blurry):
    """Put accuracies on blurry frames beside the paper's."""
    rows = []
    for row in blurry.tables["performance"]:
        theirs = PAPER_BLURRY.get(row["model"].removesuffix("-resize"))
        name = PAPER[row["model"]][0] if row["model"] in PAPER else row["model"]
        counts = blurry.tables["confusion"]
        wrong = {
            truth: next(
                f"{one[other]} of {one['galaxy'] + one['nsc']}"
                for one in counts
                if one["model"] == row["model"] and one["truth"] == truth
            )
            for truth, other in (("galaxy", "nsc"), ("nsc", "galaxy"))
        }
        rows.append([name, f"{theirs:.2f}" if theirs else NONE, percent(row, "accuracy"), *wrong.values()])
    return rst_table(
        ["model, set", "accuracy, paper", "accuracy", "galaxies called NSC", "NSC called galaxies"], rows
    )


def table_rules(clear):
    """List what rules reach that see no picture, learnt from other bodies."""
    chosen = clear.tables["baselines"]
    chosen = chosen[[str(each) != "these frames" for each in chosen["learnt_on"]]]
    rows = [[str(row["looks_at"]), str(row["learnt_on"]), percent(row, "accuracy")] for row in chosen]
    return rst_table(["rule", "learnt on", "accuracy"], rows)


def table_bodies(clear):
    """List the accuracy for every body."""
    table, models = clear.tables["by_body"], list(clear.models)
    rows = []
    for body in dict.fromkeys(table["body"]):
        mine = {row["model"]: row for row in table if row["body"] == body}
        first = next(iter(mine.values()))
        shares = [f"{100 * mine[model]['accuracy']:.0f}" if model in mine else NONE for model in models]
        rows.append([str(body), str(first["truth"]), str(first["frames"]), *shares])
    return rst_table(["body", "label", "frames", *models], rows)


def table_of_lists(lists):
    """Count bodies, exposures and frames of lists, as Table 1 of the paper does."""
    rows = []
    for name, path in lists:
        table = read_manifest(path)
        galaxy = np.array([label == "galaxy" for label in table["Label"]])
        bodies = [len(set(table["ID"][part])) for part in (galaxy, ~galaxy)]
        rows.append([name, *map(str, bodies), str(galaxy.sum()), str((~galaxy).sum()), str(len(table))])
    return rst_table(["list", "galaxies", "NSC", "frames of galaxies", "of NSC", "frames"], rows)


def samples(clear, blurry, count=6):
    """Show clear frames above, blurry ones below (Fig. 2 of the paper)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.1 * count, 2.9), layout="constrained")
    panels = figure.subplots(2, count)
    for line, (evaluation, what) in zip(panels, ((clear, "clear"), (blurry, "blurry")), strict=True):
        rows = evaluation.tables["frames"]
        bodies = list(dict.fromkeys(rows["body"]))
        chosen = [bodies[int(i)] for i in np.linspace(0, len(bodies) - 1, count)]
        for ax, body in zip(line, chosen, strict=True):
            row = next(row for row in rows if row["body"] == body)
            _draw_frame(ax, row)
            ax.set_title(f"{body}, {row['Filter']}, {what}", fontsize=7)
    return figure


def _draw_frame(ax, row):
    frame = LabelledFrame(row["path"], row["truth"], row["body"], hdu=int(row["HDU Index"]))
    image = counts_planes(frame.array(), height=256, width=512)[0]
    low, high = np.quantile(image, [0.02, 0.998])
    image = np.arcsinh(8 * np.clip((image - low) / max(high - low, 1e-6), 0, 1))
    ax.imshow(image, cmap="gray", origin="lower")
    ax.set_axis_off()


def asked():
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clear", type=Path, required=True, metavar="EVALUATION")
    parser.add_argument("--blurry", type=Path, required=True, metavar="EVALUATION")
    parser.add_argument("--times", type=Path, metavar="EVALUATION")
    parser.add_argument("--robustness", type=Path, metavar="EVALUATION")
    parser.add_argument("--list", nargs=2, action="append", default=[], metavar=("NAME", "FILE"))
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    return parser.parse_args()


def main():
    """Write the tables and the figures."""
    chosen = asked()
    chosen.output.mkdir(parents=True, exist_ok=True)
    clear, blurry = read_evaluation(chosen.clear), read_evaluation(chosen.blurry)
    tables = {
        "table1": table_of_lists(chosen.list),
        "table4": table4(clear),
        "times": table4_times(read_evaluation(chosen.times) if chosen.times else clear),
        "blurry": table_blurry(blurry),
        "rules": table_rules(clear),
        "bodies": table_bodies(clear),
    }
    for name, text in tables.items():
        write_text(text, chosen.output / f"{name}.inc")
        print(f"{name}\n{text}")
    figures = {"figure2": samples(clear, blurry), "figure3": plot_confusion(blurry)}
    figures |= {
        f"figure4_{model}": plot_misclassified(clear, model, max_frames=8) for model in clear.models[:2]
    }
    if chosen.robustness:
        figures["robustness"] = plot_robustness(Table.read(chosen.robustness / "robustness.ecsv"))
    for name, figure in figures.items():
        with atomic_path(chosen.output / f"{name}.png") as path:
            figure.savefig(path, dpi=_DPI)


if __name__ == "__main__":
    main()
