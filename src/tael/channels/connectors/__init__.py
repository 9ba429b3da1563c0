"""Which channels can we speak to? One module or folder each, listed in `channels.registry`."""
