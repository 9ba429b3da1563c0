"""What does the vault do? One file per matter: cards, messages, keys."""
