"""Whether a data set is whole and says the truth: of its files, and of every episode in them."""
