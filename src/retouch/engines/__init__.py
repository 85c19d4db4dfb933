"""Adapters that perform edits somewhere; each speaks `domain.engine.Engine` and knows nothing of the others."""
