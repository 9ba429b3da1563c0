"""Staff: who operates this platform, what each of them may do, and with which keys.

Owns     the members of staff, their roles, and their API keys.
Words    *member*: a person who works here. *role*: what somebody is here for; a role is a set of *permissions*.
         *permission*: a word that a route asks for, such as `partners.approve`.
Tables   staff.members, staff.api_keys.
Events   none.

Nobody gives themselves a role. Whoever administers staff (administrator), whoever approves that (compliance) and
whoever looks over both (auditor) are three people.
"""
