"""The verbs of payments that change something, one file each."""
