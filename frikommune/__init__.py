"""frikommune: from an evaluator's data to an answer that can be defended."""

__version__ = "0.1.0"
