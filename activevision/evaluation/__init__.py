"""Scores: trajectory log, metrics, intervals, equivariance probes, results and the report."""
