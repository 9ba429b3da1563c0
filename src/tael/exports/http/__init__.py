"""How does a merchant reach search and exports? The routes of the API.

search    anything by what stands on a slip
exports   exports: begin one, look at it, give it up, take the file away
"""

from tael.exports.http.exports import export_routes
from tael.exports.http.search import search_route

__all__ = ["export_routes", "search_route"]
