"""Options of subcommands that train by a recipe."""

from dataclasses import replace

#: Options that stand for a value of the recipe: its name, type, and help.
_OPTIONS = (
    ("epochs", int, "how often all frames are seen"),
    ("batch-size", int, "frames per step"),
    ("micro-batch", int, "frames in memory at a time; gradients of a step are gathered"),
    ("learning-rate", float, "its peak"),
    ("frozen", int, "so many of the first layers of weights stay as they are"),
    ("patience", int, "stop after so many epochs without a smaller loss on held-out frames"),
    (
        "input-scale",
        float,
        "divide planes by this while learning; for raw counts without batch normalisation",
    ),
    ("seed", int, "of weights, order, dropout and augmentation"),
)


def add_recipe(parser):
    """
    Add the options of a recipe.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The subcommand's.
    """
    group = parser.add_argument_group("recipe", "a preset, and what differs from it")
    group.add_argument(
        "--preset", help="paper, modern, fine-tune, or sources (default: modern; for sources, sources)"
    )
    group.add_argument("--minutes", type=float, metavar="X", help="train so long, whatever the epochs")
    for name, kind, text in _OPTIONS:
        group.add_argument(f"--{name}", type=kind, metavar="X", help=text)
    group.add_argument("--precision", choices=("auto", "float32", "bfloat16"), help="of the arithmetic")
    group.add_argument(
        "--trainable",
        choices=("all", "convolutions", "head"),
        help="all weights, all but batch normalisation, or the last layer's",
    )
    group.add_argument("--checkpointing", action="store_true", default=None, help="less memory, more time")
    group.add_argument(
        "--augment", metavar="NAMES", help="none, all, or some of flips, crop, blur, noise, brightness, ..."
    )


def recipe_of(arguments, *, default="modern"):
    """
    Give the recipe that the options ask for.

    Parameters
    ----------
    arguments : argparse.Namespace
        The options.
    default : str, default "modern"
        The preset where none is named.

    Returns
    -------
    Recipe
        The preset with what differs from it.
    """
    from astroclassify.training import Augmentation, find_recipe

    names = [name.replace("-", "_") for name, _, _ in _OPTIONS]
    names += ["precision", "trainable", "checkpointing"]
    changes = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if arguments.minutes is not None:
        changes["seconds"] = 60 * arguments.minutes
    if arguments.augment is not None:
        changes["augmentation"] = Augmentation.of(arguments.augment)
    return replace(find_recipe(arguments.preset or default), **changes)
