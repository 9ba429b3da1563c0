"""What funding does, one file for each verb."""
