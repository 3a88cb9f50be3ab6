"""How slopes combine along and across paths: one way a file. None knows another; their laws are one property test."""
