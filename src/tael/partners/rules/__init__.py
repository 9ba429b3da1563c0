"""What can be decided about partners without asking anybody? Moves, deadlines, fees, scores: pure, each in its file."""
