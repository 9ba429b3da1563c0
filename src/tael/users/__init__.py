"""Users: who are the natural persons with whom we have a relationship, and what do we keep of them?

Owns     users, their names and identity documents, what they agreed to, their consents, the flow of their real-name
         verification, the review queue, their requests about personal information, and the trail of unmasking.
Words    *user*: a natural person with a telephone number and a login. *person*: who they are, by name and document.
         *claim*: what they say of it; *verified* once a source said so. *agreement*: a versioned text that is accepted as
         it is. *consent*: to one use of personal information, given and withdrawn. *review*: what a member of staff has
         to decide. *evidence*: what a source confirmed, told to standing. *restricted*: kept because a law says so, and
         used for nothing else.
Tables   users.users, .people, .acceptances, .announcements, .consents, .verifications, .reviews, .data_requests,
         .unmaskings.
Events   UserRegistered, UserVerified, UserChanged, UserClosed, UserErased (users.events).

agreements    the texts, as data; the digest is that of the text

Passwords, devices and sessions are identity's; what may be done is standing's; sources are verification's.
"""
