"""Torch code of the networks, one file per architecture."""
