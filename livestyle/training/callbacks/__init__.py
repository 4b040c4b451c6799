"""What follows a training run: previews, tables, TensorBoard."""
