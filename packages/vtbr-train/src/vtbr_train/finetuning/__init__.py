"""Fine-tuning for Re-ID."""
