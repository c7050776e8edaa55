"""Evidence fusion: how the views so far become one belief."""

from __future__ import annotations

from activevision.agents.config import FUSIONS
from activevision.agents.fusion.fusion import Belief, FittedFusion, Fusion
from activevision.agents.fusion.mean_posterior import MeanPosterior
from activevision.agents.fusion.product_of_experts import ProductOfExperts

__all__ = ["FUSIONS", "Belief", "FittedFusion", "Fusion", "MeanPosterior", "ProductOfExperts"]
