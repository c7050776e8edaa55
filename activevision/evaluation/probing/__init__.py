"""The equivariance benchmark: one measure of frozen features a file, each against known values in its tests."""
