"""activevision."""
