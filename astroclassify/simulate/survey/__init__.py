"""Fields of a sky survey in many bands: stars of the Milky Way, galaxies and quasars, with their truth."""
