"""Which columns of users are sealed, and about what? A change of the keys seals them anew."""

from tael.foundation.personal import IDENTITY_DOCUMENT, NAME, PHONE
from tael.foundation.resealing import SealedColumn
from tael.users.rules import name_as_indexed

SEALED = (
    SealedColumn(
        place="users.users",
        field="phone_sealed",
        about="user {id} phone",
        index_field="phone_index",
        kind=PHONE,
    ),
    SealedColumn(
        place="users.people",
        field="name_sealed",
        about="user {user_id} name",
        index_field="name_index",
        kind=NAME,
        indexed=name_as_indexed,
    ),
    SealedColumn(
        place="users.people",
        field="number_sealed",
        about="user {user_id} document",
        index_field="number_index",
        kind=IDENTITY_DOCUMENT,
    ),
    SealedColumn(place="users.reviews", field="wanted_sealed", about="review {id}"),
    SealedColumn(place="users.data_requests", field="file_sealed", about="personal data request {id}"),
)
"""Columns with what is sealed here."""
