"""What do messages do? One file for each verb."""
