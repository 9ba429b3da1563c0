"""What is done with users? One file for each matter, one function for each verb."""
