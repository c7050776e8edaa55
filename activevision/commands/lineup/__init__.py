"""Encoders of many objectives, pretrained and probed alike: what the study and the benchmark of probes share."""
