"""The styles in the box: one folder each, with card, model files and preview."""
