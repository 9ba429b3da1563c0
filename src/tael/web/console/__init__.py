"""The console: where those who operate the platform look at channels, partners, merchants and users, propose, and decide.

session      who is there: a key of a member of staff, sealed in a cookie, with the token of its forms; `code` asks for the
             authenticator of whoever approves
behind       whom the pages ask
places       which pages there are, who may open each, how they are found
acting       how a page shows a form and acts on it, within the console's frame (`web.ui.acting`, `web.ui.forms`)
channels     how each is and what it is told, with `views`, `charts` and `matrix`; a form from a connector's own settings
             (`settings_form`); `billed_fees` compares what it took with what it said
exchanges    what was said to channels
proposals    who wants what to be otherwise; `changes` and `changes_of_people` say what each kind means (`meant`) and carry
             decisions out, `differences` compares before and after
partners     who they are, what is due, how they compare, with `partner_views`; `onboarding` leads one along its way, by the
             forms in `asks` and what they say in `commands`
merchants    who they are and what is decided about them, by the forms in `merchant_asks`; `disputes` of all of them
offers       which offers the platform pays for
routing      rules, decisions, health, with `routing_views`
dated_rules  what law and house say, from when on
cells        what stands on a page about people, told once for pages and files; lists with filters come about in `listing`, forms
             in `asking`; nouns become cells in `person_views` and `standing_views`
users        the list, the search, and the pages about one user (`user_pages`, `bills`); `reviews` has the queue and reading in
             clear, `answers` requests and objections, `restrictions` what is taken and given back, `checks` sources and warnings
purses       top-ups and withdrawals
letters      what reached people, and the templates; `teaching` has campaigns, calendar, quizzes
routes       the pages

On the internal listener only. Whatever a page shows or does, the API does, too.
"""
