"""What ``activevision play`` is made of: keys, screen, steering, the episode, and what is kept of it."""
