"""Egomotion videos that others recorded, as rollouts: one data set format a file."""

from activevision.rollouts.readers.recorder import VideoRecorder, read_rollouts
from activevision.rollouts.readers.registry import READERS, get_reader
from activevision.rollouts.readers.sequence import Frame, Reader, Sequence

__all__ = ["READERS", "Frame", "Reader", "Sequence", "VideoRecorder", "get_reader", "read_rollouts"]
