"""``astroclassify demo``: the whole way once, from a simulated raw frame to a picture of the answer."""

from pathlib import Path
from time import perf_counter

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import say
from astroclassify.cli._parsing import add_output_dir, add_subparser
from astroclassify.cli._results import check_folder
from astroclassify.core import OptionalDependencyError

_EXAMPLES = """
astroclassify demo
astroclassify demo -o demo_output --seed 7
"""

#: Arcseconds: the body is about as large as the camera's field.
_ANGULAR_RADIUS = 120.0


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
        "demo",
        run,
        summary="Simulate a raw two-chip ACS/WFC frame, read it back, classify both chips, save a picture.",
        examples=_EXAMPLES,
    )
    add_output_dir(
        parser,
        "folder for the raw frame and the picture (default: %(default)s)",
        default=Path("astroclassify_demo"),
    )
    parser.add_argument(
        "--body", default="spiral", metavar="KIND", help="kind of body to simulate (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=8, help="another seed, another frame (default: %(default)s)"
    )


def run(arguments):
    """
    Go the whole way once, and say what is done.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``output``, ``body`` and ``seed``.

    Returns
    -------
    int
        The exit status.
    """
    clock = _Clock()
    check_folder(arguments.output)
    raw_path = arguments.output / "demo_raw.fits"
    picture_path = arguments.output / "demo.png"
    exposure = _simulated(arguments, clock)
    exposure.write(raw_path, overwrite=True)
    clock.tell(
        "write", f"{raw_path}: {raw_path.stat().st_size / 1e6:.1f} MB, as the telescope's archive would"
    )
    frames = _read_back(raw_path, clock)
    model = _loaded_model(clock)
    answers = [_classified(frame, model, exposure.truth, clock) for frame in frames]
    _draw(frames, answers, exposure, picture_path, clock)
    clock.finish()
    return _exit_codes.DONE


class _Clock:
    """Print each step with the time that it took."""

    def __init__(self):
        self.start = self.last = perf_counter()

    def tell(self, step, text):
        now = perf_counter()
        print(f"{now - self.last:6.2f} s  {step:9} {text}", flush=True)
        self.last = now

    def finish(self):
        print(f"{perf_counter() - self.start:6.2f} s  in all")


def _simulated(arguments, clock):
    import numpy as np

    from astroclassify.simulate import random_body, simulate_exposure

    clock.tell("import", "the simulator")
    rng = np.random.default_rng(arguments.seed)
    body = random_body(arguments.body, rng, angular_radius=_ANGULAR_RADIUS)
    exposure = simulate_exposure(body, "acs-wfc", "F606W", rng=rng)
    shapes = {"x".join(map(str, raw.shape)) for raw in exposure.raw.values()}
    clock.tell(
        "simulate",
        f"ACS/WFC, {exposure.band}, {exposure.exptime:g} s, part of a body of the kind "
        f"{exposure.truth['kind']!r}: {len(exposure.raw)} raw chips of {', '.join(shapes)} pixels",
    )
    return exposure


def _read_back(path, clock):
    from astroclassify import read_frames

    frames = read_frames(path)
    for frame in frames:
        levels = ", ".join(
            f"{card[-1]} {frame.meta[card]:.1f}" for card in frame.meta if card.startswith("ACBIAS")
        )
        clock.tell(
            "read",
            f"chip {frame.meta['ACCHIP']}: {'x'.join(map(str, frame.shape))} science pixels in {frame.unit}; "
            f"bias of amplifiers {levels}",
        )
    return frames


def _loaded_model(clock):
    from astroclassify.models import build_model, resolve_device

    model = build_model("default", device=resolve_device())
    clock.tell("load", f"the model {model.spec.name}, on {model.device}")
    return model


def _classified(frame, model, truth, clock):
    from astroclassify import classify

    answer = classify(frame, model=model)
    clock.tell("classify", f"chip {frame.meta['ACCHIP']}: {answer} [truth: {truth['label']}]")
    return answer


def _draw(frames, answers, exposure, path, clock):
    """Save a picture with a row for each chip, the one with the higher row of the mosaic on top."""
    from astroclassify.visualization import save_classifications

    title = f"simulated ACS/WFC {exposure.band}; truth: {exposure.truth['kind']}"
    try:
        save_classifications(path, frames, answers, title=title)
    except OptionalDependencyError as error:
        say(f"no picture: {error}")
    else:
        clock.tell("draw", f"{path}: the chips, their answers, and where the evidence lies")
