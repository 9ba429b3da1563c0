"""What do users look like on the wire? Requests that are strict, and bodies in which everybody is masked."""
