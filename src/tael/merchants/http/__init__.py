"""How do merchants reach what is known of them?

keys   their API keys
own    their application, agreement, fees, settlement; and, apart from these, stores and terminals
staff  the same as the platform's staff sees it, and what they decide
"""

from tael.merchants.http.keys import key_routes
from tael.merchants.http.own import merchant_routes, place_routes
from tael.merchants.http.staff import merchant_staff_routes
from tael.merchants.http.team import team_routes

__all__ = ["key_routes", "merchant_routes", "merchant_staff_routes", "place_routes", "team_routes"]
