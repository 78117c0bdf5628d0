"""Special tokens, which are not text."""

from __future__ import annotations

SPECIAL_TOKENS = ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]")
"""In the order of their ids, 0 to 4."""
BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""A character that the vocabulary lacks, spelled by its bytes in UTF-8."""
