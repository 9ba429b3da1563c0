"""Verification: do independent sources say that somebody is who they say?

Owns     checks: one question to one source about one person, and what came of it.
Words    *source*: whoever knows something of people for reasons of their own: an identity database, a mobile operator, banks,
         the picture of a document and a face, a recording. *Element*: what is compared (name, document, phone, card, face …),
         and *finding* what the source says of it. *Check*: matched, mismatched, partial (an element could not be compared),
         or unknown, which is asked again until it is known or given up. *Group*: sources of one rest on the same
         knowledge, and count once.
Tables   verification.checks, .questions (sealed, only while a check is open), .documents_read (sealed).
Events   CheckEnded.

Where to look: `rules.py` says what findings mean; `port.py` is the language of sources, `connectors/` how they are spoken to.
Personal particulars are in a check's question alone, sealed, and gone when it ends.
"""
