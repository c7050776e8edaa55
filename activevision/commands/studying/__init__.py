"""The study of equivariance, stage by stage."""
