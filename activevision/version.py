"""The version of the package, apart from it, so that what writes files can name it and import nothing else."""

__version__ = "0.1.0"
