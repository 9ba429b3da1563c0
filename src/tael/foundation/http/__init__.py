"""How does the outside world reach us? Litestar, with the house's habits built in.

app           the factory: limits, problems, metrics, permissions, the OpenAPI page
permissions   who may call a route; a route that does not say refuses to start
problems      every refusal and every accident as a problem document (RFC 9457)
calls         the Idempotency-Key header, and answers that go out byte for byte
pages         keyset pagination: a cursor in, a page and the next cursor out
"""
