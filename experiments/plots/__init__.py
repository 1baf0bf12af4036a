"""Figures: the same style, colours and axes in results/, the handout, the notebooks and reports."""
