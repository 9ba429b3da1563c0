"""Exports: what a merchant takes out of the platform, across all that it has there. Files, and search.

Owns     export jobs and their files.
Words    *export*: a list, with the filters and columns of its reader, as a file. *kind*: what is listed in it. *part*: a
         piece of the file that is written and will not change. *hit*: something that a searched text may be about.
Tables   exports.exports, exports.parts.
Events   none.

Where to look: `registry.py` says what can be exported and searched: a line each.
"""
