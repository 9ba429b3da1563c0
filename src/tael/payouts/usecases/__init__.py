"""What payouts do, one file for each verb."""
