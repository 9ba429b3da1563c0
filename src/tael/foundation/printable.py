"""Which texts do we take from outside? Those that a person can read, on one line, in one direction."""

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*$(?!\n)"
"""No control characters, no line breaks, nothing that turns the direction of writing around on somebody's page.
The end of the pattern is for Python, to which `$` is also the place before a last line break."""
