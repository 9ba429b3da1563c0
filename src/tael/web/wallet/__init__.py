"""The wallet: where a user sees and moves their money, proves who they are, and looks after their door. For a phone first.

Each page asks the same verbs that the API asks, in the same process, and no more: there are no rules here and no SQL. A user
comes in by number, password and one factor more, or by a passkey alone; a cookie holds the token of their session.

It owns
    behind.py     which verbs the pages ask: `Behind`, put together in `app/wallet_pages.py`
    session.py    whose session a browser has, and the device that it trusts
    acting.py     how a page is shown and what its form does: `show`, `done`, `read_form`, `once`, `needs_proof`
    places.py     what stands in the bar below, and what "Me" leads to
    door.py …     one file for each place
    assets        the look, the passkeys of a browser, and the worker that keeps files for when there is no network

Confirmation of an act with money (`confirming`): a page asks for it (`identity.ask_confirmation` through the verb of the act),
shows its words, and takes a payment password or a passkey: templates/confirm.html, assets/passkeys.js.
"""
