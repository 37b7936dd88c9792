"""Ionised gas, dust and shells: nebulae of every kind."""
