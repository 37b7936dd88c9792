"""Stub: galaxies, being rewritten."""

from astroclassify.simulate._scene import Scene


def spiral(body, view, dice):
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


def elliptical(body, view, dice):
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


def edge_on(body, view, dice):
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


def irregular(body, view, dice):
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


def merger(body, view, dice):
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


def group(body, view, dice):
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
