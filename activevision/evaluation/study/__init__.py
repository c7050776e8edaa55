"""Studies: many encoders, the same agents on each, and what goes with what."""
