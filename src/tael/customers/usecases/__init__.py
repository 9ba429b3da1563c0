"""What is done with customers, payment methods and mandates? One function for each verb."""
