"""What all commands share: options, checks, reading, output."""
