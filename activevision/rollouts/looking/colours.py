"""The colours of videos, as (R, G, B); those of the page in its dark scheme."""

PAPER, PANEL, INK, SOFT, FAINT = (20, 22, 26), (29, 32, 37), (233, 234, 236), (165, 172, 182), (78, 85, 95)
ACCENT, COMMANDED, WARNING = (98, 180, 245), (243, 154, 91), (255, 96, 84)
SEEN = (108, 114, 122)
