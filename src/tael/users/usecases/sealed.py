"""Which columns of users are sealed, and about what? A change of the keys seals them anew."""

from tael.foundation.personal import IDENTITY_DOCUMENT, PHONE
from tael.foundation.resealing import SealedColumn

SEALED = (
    SealedColumn(
        place="users.users",
        field="phone_sealed",
        about="user {id} phone",
        index_field="phone_index",
        kind=PHONE,
    ),
    SealedColumn(place="users.people", field="name_sealed", about="user {user_id} name"),
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
