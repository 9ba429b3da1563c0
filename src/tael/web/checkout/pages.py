"""What do the pages for payers have in common? Their folder, and where they are mounted."""

from pathlib import Path

from tael.web.ui.pages import PageRequest, Pages

PAGES = Pages("checkout", Path(__file__).parent)
CHECKOUT_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""


def root_of(request: PageRequest) -> str:
    """Below which address our pages are: none, or `/test`."""
    return str(request.scope.get("root_path", ""))
