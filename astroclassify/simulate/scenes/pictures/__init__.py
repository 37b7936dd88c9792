"""Pictures as bodies: a photograph becomes light, detail and stars."""
