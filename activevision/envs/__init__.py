"""Gymnasium environments: what a moving camera sees. Importing activevision registers them."""
