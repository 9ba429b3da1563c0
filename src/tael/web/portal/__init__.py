"""The portal: where a merchant's people see their payments, act on them, and look after their team.

session      who is there: a token in a cookie, its hash in `identity`; what the person may do, by their role in the team
acting       how a page is shown within the frame, and how sensitive acts ask for a code
places       which pages there are, who may open each, how they are found (sidebar, search)
door         signing up, in and out, the second factor; `joining`: invitations and new passwords
merchants    for which merchant somebody acts
security     sessions, password, second factor, recovery codes; `team`: who else is here
home, payments, payment, refunds   the money; `views` and `charts` put it in rows and drawings
application, agreement, fees, settlement, stores   a merchant's affairs; `affairs`: how a form changes them
keys, key, webhooks, events, try_out   what developers look after
exports, saved_views   lists as files, and lists that one looks at often
search       a page over pages and ids; `portal.js` makes a palette of it (⌘K)

On the public listener. People come from the house of live, what they look at from the house of the mode: every link
begins with `root`, which is `/test` there. Whatever a page shows or does, the API does, too.
"""
