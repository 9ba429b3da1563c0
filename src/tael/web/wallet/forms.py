"""What does a form of the wallet say, as one of the requests that the API knows? The same rules for both."""

from typing import Any, TypeVar

import msgspec

from tael.web.ui.forms import Form

S = TypeVar("S", bound=msgspec.Struct)


def wanted_of(form: Form, wanted: type[S], *names: str, **more: Any) -> S:
    """The fields `names` of a form as a request, and `more` that the page knows; refuses `Malformed`, which names the field."""
    typed = {name: form.text(name) for name in names}
    return Form(values={**typed, **{name: each for name, each in more.items() if each}}).into(wanted)
