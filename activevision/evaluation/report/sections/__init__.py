"""The report's sections, one file each. Each gives an element, or None where the results have nothing for it."""
