"""Messages: what people are told, by which way it reached them, and what they are taught about their own safety.

Owns     messages, their deliveries and attempts; where a person can be reached and what they want to hear; tips, their
         calendar, and quizzes.
Words    *message*: one thing that one person is told, made of a *template* and its *values*. *Urgency*: code, security,
         money, service, education; it decides how long a message is worth sending, whether it waits until morning, and
         whether it can be switched off. *Way*: in_app, sms, email, push. *Delivery*: one message on one way to one address.
         *Carrier*: who takes messages of one way (an SMS gateway, a mail server, browsers' push services). *Advice*: a tip
         that somebody is shown in the *moment* in which it matters. *Campaign*: one tip for everybody. *Quiz*: three
         questions after a risky event.
Tables   messages.people, .push_subscriptions, .messages, .deliveries, .attempts, .advice, .campaigns, .quizzes,
         .quiz_answers.
Events   none: whoever posts has published the fact.

Where to look: `templates/kinds.toml` says which messages there are, `rules/timing.py` when one is sent and until when,
`rules/retries.py` what follows from what a carrier said, `usecases/relay.py` sends. A code is sent once: what a carrier did
not answer is asked about, or sent again only where the carrier tells two of one number apart.
"""
