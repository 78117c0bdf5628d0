"""What `check` looks for: one module a kind of thing."""
