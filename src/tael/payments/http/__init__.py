"""How do merchants and channels reach payments? The routes of the API and of notices.

forms     what the routes have in common: permissions, parameters, how answers are described
begin     create, start, or both in one call
changes   close, refund, capture, increment
reads     look at one, and at the ways to pay
lists     lists of payments and refunds, payments as a file
prices    what offers take off before anybody pays
notices   what channels say by themselves
older     what payments looked like to callers of older versions
"""

from tael.payments.http.begin import begin_routes
from tael.payments.http.changes import change_routes
from tael.payments.http.forms import PERMISSIONS
from tael.payments.http.notices import notice_routes
from tael.payments.http.older import CHANGES
from tael.payments.http.reads import read_routes

__all__ = ["CHANGES", "PERMISSIONS", "begin_routes", "change_routes", "notice_routes", "read_routes"]
