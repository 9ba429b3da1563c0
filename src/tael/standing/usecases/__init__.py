"""What can be done with a standing? One module for each kind of affair; all in the caller's transaction."""
