"""Captions written and scored word by word."""
