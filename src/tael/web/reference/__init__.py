"""The reference of the API, for people: what can be asked, with which fields, what comes back, what is refused.

It owns no words about the API: all of them come from the OpenAPI document, which the routes make of themselves.
`/docs` shows it as a page, `/openapi.json` gives it to programs. No script, nothing from third parties.
"""
