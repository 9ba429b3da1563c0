"""What does this context refuse? Each refusal with its code."""

from tael.foundation.errors import Conflict, Malformed, NotFound


class EndpointMalformed(Malformed):
    """An endpoint cannot be like this."""

    code = "webhooks.endpoint_malformed"


class AddressRefused(Malformed):
    """We send nothing to such an address."""

    code = "webhooks.address_refused"


class NoSuchEndpoint(NotFound):
    """There is no such endpoint, or it is another merchant's."""

    code = "webhooks.no_such_endpoint"


class NoSuchEvent(NotFound):
    """There is no such event, or it is another merchant's, or it is older than events are kept."""

    code = "webhooks.no_such_event"


class NoSuchDelivery(NotFound):
    """There is no such delivery, or it is another merchant's, or it is older than events are kept."""

    code = "webhooks.no_such_delivery"


class TooManyEndpoints(Conflict):
    """The merchant has as many endpoints as one may have."""

    code = "webhooks.too_many_endpoints"


class EndpointIsDisabled(Conflict):
    """Nothing can be sent to an endpoint that is disabled."""

    code = "webhooks.endpoint_disabled"
