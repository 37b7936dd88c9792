"""Training a detector of bodies on wide fields: pools of fields, losses, presets, the release of weights."""
