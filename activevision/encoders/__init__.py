"""Encoders: backbones, one pretraining objective a file, the one pretraining loop, and checkpoints."""
