"""What may be spent, shared, shown and frozen? Pure decisions: no input, no output, no clock, no dice."""
