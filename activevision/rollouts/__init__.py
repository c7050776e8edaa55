"""Egomotion-labelled data: the record of an episode, shards on disk, collection, and torch datasets."""
