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
routes       the pages

On the internal listener only. Whatever a page shows or does, the API does, too.
"""
