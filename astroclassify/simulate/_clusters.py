"""Stub: clusters, being rewritten."""

from astroclassify.simulate._scene import Scene


def globular(body, view, dice):
    """
    Draw a stub.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    scene = Scene(view, device=dice.device)
    v, u = view.grid(dice.device)
    unit = 1e-8
    scene.add("old", unit * (-(v * v + u * u)).exp())
    return scene


def open_cluster(body, view, dice):
    """
    Draw a stub.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    scene = Scene(view, device=dice.device)
    v, u = view.grid(dice.device)
    unit = 1e-8
    scene.add("old", unit * (-(v * v + u * u)).exp())
    return scene


def young_cluster(body, view, dice):
    """
    Draw a stub.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    scene = Scene(view, device=dice.device)
    v, u = view.grid(dice.device)
    unit = 1e-8
    scene.add("old", unit * (-(v * v + u * u)).exp())
    return scene


def empty_field(body, view, dice):
    """
    Draw a stub.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    scene = Scene(view, device=dice.device)
    v, u = view.grid(dice.device)
    unit = 1e-8
    scene.add("old", unit * (-(v * v + u * u)).exp())
    return scene
