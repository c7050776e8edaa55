"""For people to look at recordings: a page about a data set, videos, and Rerun recordings."""
