"""Encoders that are to be compared: what they are pretrained on, and with how much."""
