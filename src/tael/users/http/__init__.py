"""How are users reached over HTTP? Their own routes on the public listener, and those about them for members of staff."""

from tael.users.http.door import door_routes
from tael.users.http.own import own_routes
from tael.users.http.staff import user_staff_routes

__all__ = ["door_routes", "own_routes", "user_staff_routes"]
