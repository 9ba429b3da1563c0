"""One file for each part of asking."""
