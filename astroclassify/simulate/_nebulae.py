"""Stub: nebulae, being rewritten."""

from astroclassify.simulate._scene import Scene


def emission(body, view, dice):
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


def reflection(body, view, dice):
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


def planetary(body, view, dice):
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


def remnant(body, view, dice):
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


def bubble(body, view, dice):
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


def dark(body, view, dice):
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
