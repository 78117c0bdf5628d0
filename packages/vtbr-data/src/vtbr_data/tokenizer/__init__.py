"""Tokenizers: trained on captions, or imported."""
