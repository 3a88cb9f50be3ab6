"""Derivations over whole layers: vectors and matrices, δ = (Wᵀδ) ⊙ σ′(z), ∂L/∂W = δ xᵀ, batches with their sum."""
