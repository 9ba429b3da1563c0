"""How does the outside world reach us? Litestar, with the house's habits built in.

app           the factory: limits, problems, metrics, permissions, headers
permissions   who may call a route; a route that does not say refuses to start
admission     what a request with a key must pass besides: its address, rate, version, signature
limits        how much a key may ask, the same for all processes
signatures    signed requests, RFC 9421
versions      answers in the words of older versions
bodies        strict JSON, straight into the struct that a route asks for
parameters    what else a route takes, and nothing that it does not
wording       how a fault of form reads to the person who made it
problems      every refusal and every accident as a problem document (RFC 9457), or as a page for browsers
calls         the Idempotency-Key header, and answers that go out byte for byte
pages         keyset pagination: a cursor in, a page and the next cursor out
sheets        long lists as CSV, streamed, with no formulas in them
openapi       the routes described to programs, OpenAPI 3.1
"""
