"""What does a proposal say, and what happens when somebody decides about it? One answer for each area of proposals."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from tael.channels.model import CertificateInUse, Proposed
from tael.foundation import proposals
from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.foundation.proposals import Proposal, ProposalState
from tael.foundation.rule_changes import DecideRule, wanted_in
from tael.merchants import schemas as merchants_schemas
from tael.merchants.api import proposal_body
from tael.offers.api import DecideOffer, proposed_in
from tael.partners.model import State
from tael.partners.schemas import Decide, Withdraw
from tael.routing.api import RuleBook
from tael.web.console.behind import Behind
from tael.web.console.changes_of_people import decide_messages, decide_users, of_messages, of_users
from tael.web.console.differences import Difference, differences
from tael.web.console.meant import Decision, Meant

Says: TypeAlias = "Callable[[Behind, Proposal], Awaitable[Meant]]"
Decides: TypeAlias = "Callable[[Behind, str, Decision, str], Awaitable[None]]"


class Area(msgspec.Struct, frozen=True):
    """Proposals whose kinds begin with the same word, and whose permissions do, too."""

    says: Says
    decides: Decides


async def what_it_means(behind: Behind, area: str, proposal: Proposal) -> Meant:
    """What a proposal comes to; in general terms if it is of a kind that nobody here knows."""
    if area in AREAS_OF:
        return await AREAS_OF[area].says(behind, proposal)
    return _plainly(proposal)


async def withdraw(behind: Behind, area: str, id: str, *, by: str) -> None:
    """Take back what one proposed; refuses `NotYours`, `ProposalEnded`, `NoSuchProposal`."""
    if area == "partners":
        await behind.partners.do(id, Withdraw(), actor=by)
        return
    if area == "merchants":
        await behind.merchants.do(id, merchants_schemas.Withdraw(), actor=by)
        return
    now = behind.clock.now()
    async with behind.database.transaction() as tx:
        await proposals.take_back(tx, id, area=area, by=by, now=now)


# Channels.


async def _of_channels(behind: Behind, proposal: Proposal) -> Meant:
    async with behind.database.transaction() as tx:
        _, proposed = await behind.channels.look_at(tx, proposal.id)
        known = await behind.channels.configurations(tx, proposal.subject, limit=200)
    is_open = proposal.state is ProposalState.OPEN
    replaced = next((each.settings for each in known if each.number == proposed.replaces), {})
    before = proposed.settings_before if is_open else replaced
    otherwise = _defaults(behind, proposed.connector)
    found = differences({**otherwise, **before} if before else {}, {**otherwise, **proposed.settings})
    if is_open:
        found += shown_of_secrets(proposed)
    warnings = [
        *(["new_channel"] if not proposed.replaces else []),
        *(["overtaken"] if is_open and proposed.overtaken else []),
        *(["real_money"] if is_open and not proposed.simulated else []),
        *(["sealed"] if not is_open else []),
    ]
    return Meant(
        subject=proposal.subject,
        address=f"/console/channels/{proposal.subject}"
        if proposal.subject in behind.channels.names()
        else "",
        differences=found,
        warnings=warnings,
        trouble=(proposed.trouble or "") if is_open else "",
    )


def shown_of_secrets(proposed: Proposed) -> list[Difference]:
    """Where the channel would lead, and of each credential that would be another what anybody may know of it."""
    addresses = Difference("addresses", "\n".join(proposed.addresses_before), "\n".join(proposed.addresses))
    return [
        *([addresses] if addresses.before != addresses.after else []),
        *(
            Difference(
                name,
                "\n".join(proposed.credentials_known_before.get(name, ())),
                "\n".join(
                    (
                        *proposed.credentials_known.get(name, ()),
                        *_certificates_in(proposed.certificates, name),
                    )
                ),
                is_secret=True,
            )
            for name in proposed.credentials_changed
        ),
    ]


def _certificates_in(certificates: Sequence[CertificateInUse], field: str) -> Sequence[str]:
    """Which certificates a credential holds, with their fingerprints."""
    return [
        f"{each.subject}, {each.starts_at:%Y-%m-%d} – {each.ends_at:%Y-%m-%d}, SHA-256 {each.fingerprint[:16]}…"
        for each in certificates
        if each.field == field
    ]


def _defaults(behind: Behind, connector: str) -> Mapping[str, Any]:
    """What holds where nothing is said."""
    kind = behind.channels.connectors().get(connector)
    fields = msgspec.structs.fields(kind.settings) if kind is not None else ()
    return {field.name: field.default for field in fields if field.default is not msgspec.NODEFAULT}


async def _decide_channels(behind: Behind, id: str, decision: Decision, by: str) -> None:
    decide = behind.channels.approve if decision.approve else behind.channels.refuse
    async with behind.database.transaction() as tx:
        await decide(tx, id, by=by, note=decision.note, digest=decision.digest)
    await behind.channels.refresh()


# Routing.


async def _of_routing(behind: Behind, proposal: Proposal) -> Meant:
    wanted = msgspec.json.decode(proposal.content)
    rules = {rule.id: rule for rule in await RuleBook(behind.database, behind.clock).everything()}
    ending = {id: msgspec.to_builtins(rules[id]) if id in rules else {} for id in wanted.get("end", ())}
    return Meant(
        subject="", address="/console/rules", differences=rule_differences(ending, wanted.get("add", ()))
    )


def rule_differences(
    ending: Mapping[str, Mapping[str, Any]], coming: Sequence[Mapping[str, Any]]
) -> list[Difference]:
    """Every rule that ends, under its id, and every one that comes, under its place: alike as some may look."""
    return [
        *(Difference(f"- {id}", _rule_text(rule) or "?", "") for id, rule in ending.items()),
        *(Difference(f"+ {place}", "", _rule_text(rule)) for place, rule in enumerate(coming, 1)),
    ]


def _rule_text(rule: Mapping[str, Any]) -> str:
    """All that a rule says, on one line; empty of one that nobody knows."""
    if not rule:
        return ""
    words = [rule["verb"], ", ".join(rule["channels"]), f"[{rule['expression']}]"]
    words += [
        f"{name}: {rule[name]}" for name in ("priority", "starts_at", "ends_at") if rule.get(name) is not None
    ]
    words.append(f"— {rule['reason']} ({rule['owner']})")
    return "  ".join(filter(None, words))


async def _decide_routing(behind: Behind, id: str, decision: Decision, by: str) -> None:
    await RuleBook(behind.database, behind.clock).decide(
        id,
        approve=decision.approve,
        note=decision.note,
        digest=decision.digest,
        known_channels=behind.channels.names(),
        actor=by,
    )


# Partners.


_LEADS_TO = {
    "start_canary": State.CANARY,
    "go_live": State.LIVE,
    "suspend": State.SUSPENDED,
    "retire": State.RETIRED,
}
"""The state to which a change of a partner leads."""


async def _of_partners(behind: Behind, proposal: Proposal) -> Meant:
    said = msgspec.json.decode(proposal.content)
    about, change = said["about"], dict(said["change"])
    after = {name: each for name, each in change.items() if name not in ("change", "ends")}
    if change["change"] in _LEADS_TO:
        after["state"] = _LEADS_TO[change["change"]]
    is_about_one = about != "*"
    before: Mapping[str, Any] = {}
    if is_about_one and proposal.state is ProposalState.OPEN:
        before = await _partner_now(behind, about, ends=change.get("ends"))
    return Meant(
        subject=about if is_about_one else "",
        address=f"/console/partners/{about}" if is_about_one else "",
        differences=differences({name: before[name] for name in after if name in before}, after),
    )


async def _partner_now(behind: Behind, channel: str, *, ends: str | None) -> dict[str, Any]:
    """What a change of a partner could change, by the names that changes have for it; of fees, those that would end."""
    view = await behind.partners.reads.partner(channel, today=behind.partners.today)
    tables = await behind.partners.reads.fee_tables(channel=channel, limit=200)
    partner = msgspec.to_builtins(view.partner)
    lines = [msgspec.to_builtins(table.lines) for table in tables if table.id == ends]
    return {**partner, **(partner["guard"] or {}), **({"lines": lines[0]} if lines else {})}


async def _decide_partners(behind: Behind, id: str, decision: Decision, by: str) -> None:
    command = Decide(approve=decision.approve, digest=decision.digest, note=decision.note)
    await behind.partners.do(id, command, actor=by)


# Merchants.


async def _of_merchants(behind: Behind, proposal: Proposal) -> Meant:
    body = proposal_body(proposal)
    known = await behind.merchants.find([body.merchant_id])
    merchant = known.get(body.merchant_id)
    said = {name: each for name, each in msgspec.to_builtins(body.change).items() if name != "change"}
    found = [Difference(each.field, each.before, each.after) for each in body.differences]
    return Meant(
        subject=merchant.name if merchant else body.merchant_id,
        address=f"/console/merchants/{body.merchant_id}",
        differences=found or differences({}, said),
    )


async def _decide_merchants(behind: Behind, id: str, decision: Decision, by: str) -> None:
    command = merchants_schemas.Decide(approve=decision.approve, digest=decision.digest, note=decision.note)
    await behind.merchants.do(id, command, actor=by)


# Offers.


async def _of_offers(behind: Behind, proposal: Proposal) -> Meant:
    offer = proposed_in(proposal)
    known = await behind.merchants.find([offer.merchant_id] if offer.merchant_id else [])
    said = {
        name.removesuffix("_minor"): str(Money(each, offer.terms.currency))
        if name.endswith("_minor") and each is not None
        else each
        for name, each in msgspec.to_builtins(offer.terms).items()
    }
    said["merchant"] = ", ".join(f"{each.name} ({each.id})" for each in known.values()) or "*"
    made = proposal.state is ProposalState.APPROVED
    return Meant(
        subject=offer.name,
        address=f"/console/offers/{offer.id}" if made else "",
        differences=differences({}, said),
        warnings=["real_money"] if proposal.state is ProposalState.OPEN else [],
    )


async def _decide_offers(behind: Behind, id: str, decision: Decision, by: str) -> None:
    command = DecideOffer(
        proposal_id=id, approve=decision.approve, digest=decision.digest, note=decision.note, actor=by
    )
    await behind.offers.do(command, actor=by)


# Rules with dates.


async def _of_rules(behind: Behind, proposal: Proposal) -> Meant:
    wanted, found = wanted_in(proposal), behind.rule_changes.differences(proposal)
    said = {"effective_from": f"{wanted.effective_from.astimezone(CHINA):%Y-%m-%d %H:%M}"}
    said |= {"source": wanted.source, "verified": wanted.verified, "note": wanted.note}
    return Meant(
        subject=wanted.name,
        address=f"/console/dated-rules/{wanted.name}" if wanted.name in behind.rules.names() else "",
        differences=[
            *differences({}, said),
            *(Difference(each.path, each.before or "", each.after or "") for each in found),
        ],
    )


async def _decide_rules(behind: Behind, id: str, decision: Decision, by: str) -> None:
    command = DecideRule(
        proposal_id=id, approve=decision.approve, digest=decision.digest, note=decision.note, actor=by
    )
    await behind.rule_changes.do(command)


# Staff.


async def _of_staff(behind: Behind, proposal: Proposal) -> Meant:
    said = msgspec.json.decode(proposal.content)
    member = await behind.staff.get(said["member_id"])
    return Meant(
        subject=f"{member.name} <{member.email}>",
        differences=differences({"roles": said["before"]}, {"roles": said["after"]}),
    )


async def _decide_staff(behind: Behind, id: str, decision: Decision, by: str) -> None:
    await behind.staff.decide_roles(
        id, approve=decision.approve, note=decision.note, actor=by, digest=decision.digest
    )


def _plainly(proposal: Proposal) -> Meant:
    said = msgspec.json.decode(proposal.content)
    found = differences({}, said if isinstance(said, dict) else {"content": said})
    return Meant(subject=proposal.subject, differences=found)


AREAS_OF: Mapping[str, Area] = {
    "channels": Area(_of_channels, _decide_channels),
    "routing": Area(_of_routing, _decide_routing),
    "partners": Area(_of_partners, _decide_partners),
    "merchants": Area(_of_merchants, _decide_merchants),
    "offers": Area(_of_offers, _decide_offers),
    "rules": Area(_of_rules, _decide_rules),
    "staff": Area(_of_staff, _decide_staff),
    "users": Area(of_users, decide_users),
    "messages": Area(of_messages, decide_messages),
}
"""By the first word of a proposal's kind."""
