"""The ways in: what users do about their own standing, and what members of staff do about everybody's."""

from tael.standing.http.copy import own_standing
from tael.standing.http.own import Confirming, standing_routes
from tael.standing.http.staff import standing_staff_routes

__all__ = ["Confirming", "own_standing", "standing_routes", "standing_staff_routes"]
