"""Identity: who is a person, and how do they prove it?

Owns     logins, second factors, sessions, one-time links, the count of wrong tries, and the views that people keep.
Words    *login*: a person who signs in. *Second factor*: a code that a phone shows, new every half minute; *recovery
         codes* stand in for it, once each. *Session*: a browser in which somebody signed in; *half* of one has shown the
         password only. *Proof*: the moment at which a session last showed a second factor.
Tables   identity.logins, .second_factors, .recovery_codes, .sessions, .links, .tries, .saved_views, .authenticators.
Events   none.

What somebody may do is not known here: other contexts give logins their places (a merchant's team, a wallet).
"""
