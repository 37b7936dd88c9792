"""Models side by side on labelled frames: answers, tables, comparisons, robustness."""

__all__ = []
