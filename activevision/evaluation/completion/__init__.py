"""How well views are completed that were not seen."""
