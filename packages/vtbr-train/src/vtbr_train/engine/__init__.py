"""How the hardware is driven."""
