"""Which texts do we take from outside? Those that a person can read, in one direction of writing."""

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*$(?!\n)"
"""On one line: no control characters, no line breaks, nothing that turns the direction of writing around on a page.
The end of the pattern is for Python, to which `$` is also the place before a last line break."""
LINES = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*$"
"""On several lines: as `PRINTABLE`, and line feeds and tabs."""
