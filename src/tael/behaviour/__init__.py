"""Behaviour: what do users do, from where and with what, and when is it not like them?

Owns     the record of users' acts, what is usual for each of them, and the warnings about what is not.
Words    *act*: a sign-in, a payment, a top-up, a withdrawal, a transfer, a change, with its *circumstances*: address, device,
         browser, moment. *Place*: the country of an address, `local` for one inside a network. *Habits*: what a user usually
         does, counted anew once a day. *Unusual*: an act that rules with dates find unlike its user, with *reasons* and a
         *score*. *Warning*: what was unusual, for the user to say whether it was them.
Tables   behaviour.acts, .unlooked, .habits, .warnings.
Events   UnusualAct, WarningAnswered.

Rules: `behaviour.rules` and `behaviour.retention` (docs/guides/behaviour.md).
"""
