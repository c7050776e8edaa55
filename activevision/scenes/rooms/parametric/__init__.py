"""Parametric pieces for rooms: what the catalogue of single objects (``scenes.procedural``) lacks.

Every builder draws a ``Model`` in metres from a generator: its front faces +Z, its lowest point is the one it stands
or hangs on.
"""
