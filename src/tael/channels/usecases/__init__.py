"""What channels do, one file for each concern: being configured, being called, being recorded, being fetched from."""
