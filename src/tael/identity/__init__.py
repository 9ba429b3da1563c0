"""Identity: who is a person, how do they prove who they are, and is this what they want?

Owns     logins, devices, second factors, sessions, one-time links and codes, payment passwords, passkeys, confirmations, the
         count of wrong tries, and the views that people keep.
Words    *login*: a person who signs in; those of users have no e-mail address. *Second factor*, *factor*: what somebody shows
         beside the password; *recovery codes* stand in for the authenticator, once each. *Session*: where somebody signed in;
         *half* of one has shown the password only. *Device*: where somebody has shown a factor; one that is *trusted* stands in
         for it with the next password. *Proof*: the moment at which a session last showed a factor. *Confirmation*: a question
         about one act; *strength*: how strongly it must be answered.
Tables   identity.logins, .devices, .second_factors, .recovery_codes, .sessions, .links, .tries, .saved_views, .authenticators,
         .one_time_codes, .code_counts, .payment_passwords, .small_amounts, .passkeys, .spent_questions, .confirmations.
Events   CredentialChanged, ProofRefused.
Rules    identity.step_up (`dated_rules.toml`).

What somebody may do is not known here: other contexts give logins their places (a merchant's team, a wallet). A telephone
number is not known here either: whoever asks names it by something that tells nobody.
"""
