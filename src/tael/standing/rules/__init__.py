"""What can be decided about a standing without asking anybody? Permissions, classes, restrictions, dates: each in its file."""
