"""Learning to look around: an agent that completes what it has not seen, and so learns where to look."""
