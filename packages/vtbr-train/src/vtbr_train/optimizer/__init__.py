"""How a run steps: groups, schedule, averages."""
