"""What does routing refuse?"""

from tael.foundation.errors import Conflict, Declined, Forbidden, Malformed, NotFound


class NoChannel(Declined):
    """No channel can do what is wanted, or the rules leave none."""

    code = "routing.no_channel"


class FactMalformed(Malformed):
    """A fact that was handed in for rules to ask about is none, or not of its kind."""

    code = "routing.fact_malformed"


class RuleMalformed(Malformed):
    """A rule cannot be read, or says something that it may not."""

    code = "routing.rule_malformed"


class NoSuchRule(NotFound):
    """There is no such rule."""

    code = "routing.no_such_rule"


class RuleEnded(Conflict):
    """The rule has ended already."""

    code = "routing.rule_ended"


class NoSuchRules(NotFound):
    """The rules were never changed so often."""

    code = "routing.no_such_rules"


class RulesChangedMeanwhile(Conflict):
    """The rules are not those any more that were looked at."""

    code = "routing.rules_changed_meanwhile"


class RulesTakeTwo(Forbidden):
    """Where real money goes is proposed by one person and approved by another."""

    code = "routing.rules_take_two"
    title = "This takes a second person"


class NoSuchDecision(NotFound):
    """There is no decision of that id."""

    code = "routing.no_such_decision"


class PolicyMalformed(Malformed):
    """There is no such policy, or a parameter of it cannot be."""

    code = "routing.policy_malformed"


class DrillRefused(Conflict):
    """A failover cannot be practised with this channel now: nobody could take over, or there is nothing to move."""

    code = "routing.drill_refused"


class NothingToJudge(NotFound):
    """No past decision with a known result lies in the time that was asked for."""

    code = "routing.nothing_to_judge"
