"""What can be done with merchants? One module for each kind of affair."""
