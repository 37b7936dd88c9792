"""Galaxies: light, dust, points and their distribution; one kind of galaxy a module."""
