"""benchmarks/README.md, written from raw scores."""
