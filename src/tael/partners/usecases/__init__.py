"""One verb for each command: what it checks, what it writes, what it gives back."""
