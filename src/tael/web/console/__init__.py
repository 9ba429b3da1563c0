"""The console: where those who operate the platform look at channels, what was said to them, and how one is chosen.

session      who is there: a key of a member of staff, sealed in a cookie
views        what the pages show, in their own words
routes       the pages

On the internal listener only. Whatever a page shows, the API shows, too.
"""
