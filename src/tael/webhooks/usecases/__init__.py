"""What do webhooks do? One file for each verb."""
