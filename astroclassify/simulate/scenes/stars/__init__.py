"""Stars: populations, profiles, clusters."""
