"""The console: where those who operate the platform look at channels and partners, propose, and decide.

session      who is there: a key of a member of staff, sealed in a cookie, with the token of its forms
places       which pages there are, who may open each, how they are found
acting       how a page shows a form and acts on it, within the console's frame (`web.ui.acting`, `web.ui.forms`)
channels     how each is and what it is told, with `views`, `charts` and `matrix`; a form from a connector's own settings
             (`settings_form`)
exchanges    what was said to channels
proposals    who wants what to be otherwise; `changes` says what each kind means and carries decisions out, `differences`
             compares before and after
partners     who they are, what is due, how they compare; `onboarding` leads one along its way, by the forms in `asks`
routing      rules, decisions, health
cells        what stands on a page about people, told once for pages and files; lists with filters come about in `listing`, forms
             in `asking`; nouns become cells in `person_views` and `standing_views`
users        the list, the search, and the pages about one user (`user_pages`, `bills`); `reviews` has the queue and reading in
             clear, `answers` requests and objections, `restrictions` what is taken and given back, `checks` sources and warnings
purses       top-ups and withdrawals
letters      what reached people, and the templates; `teaching` has campaigns, calendar, quizzes
routes       the pages

On the internal listener only. Whatever a page shows or does, the API does, too.
"""
