"""For which version of the API is the client written?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

VERSION = "2026-11-22"
