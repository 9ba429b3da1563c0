"""What do accounts and entries look like on the wire? Requests that are strict, and bodies that agree with the nouns.

words      what single fields mean, and how large they may be
requests   what callers send
bodies     what they get

Amounts are whole numbers of minor units, written as numbers. Debits are positive and credits negative, in requests
and in answers; what is shown on an account's *normal side* says so in its name.
"""
