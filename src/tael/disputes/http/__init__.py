"""How do people and programs reach disputes? The routes of the API.

own     a merchant's: look, write, hand files and answers in
staff   those who operate the platform: look at everybody's
"""

from tael.disputes.http.own import dispute_routes
from tael.disputes.http.staff import dispute_staff_routes

__all__ = ["dispute_routes", "dispute_staff_routes"]
