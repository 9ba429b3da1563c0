"""What does the staff context refuse?"""

from tael.foundation.errors import Conflict, Forbidden, Malformed, NotFound, Unauthenticated


class MemberMalformed(Malformed):
    """A member's name or e-mail cannot be used."""

    code = "staff.malformed"


class RolesClash(Malformed):
    """These roles must not be one person's."""

    code = "staff.roles_clash"
    title = "These roles must be different people's"


class NoSuchMember(NotFound):
    """No member of staff has that id."""

    code = "staff.no_such_member"


class MemberExists(Conflict):
    """Somebody has that e-mail already."""

    code = "staff.member_exists"


class RolesChangedMeanwhile(Conflict):
    """The member's roles are no longer those that the proposal began with."""

    code = "staff.roles_changed_meanwhile"


class NoSuchStaffKey(NotFound):
    """No key of that prefix exists."""

    code = "staff.no_such_key"


class StaffKeyRefused(Unauthenticated):
    """The key is missing, mistyped, or revoked."""

    code = "staff.key_refused"


class MemberSuspended(Forbidden):
    """The member may not act at present."""

    code = "staff.suspended"


class OwnAffair(Forbidden):
    """Nobody proposes or decides what they may do themselves."""

    code = "staff.own_affair"


class StaffApproves(Forbidden):
    """Whoever sits at the machine approves only while no active member of staff could."""

    code = "staff.staff_approves"
    title = "This takes a member of staff"


class OnlyAtTheMachine(Forbidden):
    """Keys and roles are given out directly only by whoever sits at the machine."""

    code = "staff.only_at_the_machine"
