"""What the channel tells has to be fetched."""

from collections.abc import Iterator

from tael.acceptance.line import Line
from tael.acceptance.model import Fault, Words
from tael.acceptance.rules import FEED, nothing_can_be_believed
from tael.acceptance.scenarios.story import Story, learnt, opened, referring
from tael.acceptance.scene import Astray, Scene
from tael.channels.conversations import carry_on
from tael.channels.errors import NoticeRefused
from tael.channels.port import Capabilities, OutcomeState
from tael.channels.transport import NoAnswer

_S = OutcomeState


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of fetched notices."""
    yield Story(
        name="feed.paid",
        title=Words("Fetch what the channel tells", "拉取渠道消息"),
        subject=FEED,
        play=_fetch,
        promised=capabilities.feed_seconds is not None,
        alone=True,
    )


async def _fetch(scene: Scene) -> None:
    order, outcome = await opened(scene)
    order = referring(order, outcome)
    await scene.desk.payer.pays(order, outcome.action)
    await _fetch_struck(scene)
    await learnt(scene, order, _S.SUCCEEDED)
    told = scene.desk.feed.notices_about(order.order_number, order.channel_reference)
    again = {notice.notice_id for notice in await scene.desk.feed.read_from_the_beginning()}
    scene.require(
        {notice.notice_id for notice in told} <= again, "the same ids when it is fetched again", "other ids"
    )


async def _fetch_struck(scene: Scene) -> None:
    """Under a fault nothing may be learnt that is not so."""
    line = Line(scene.desk.wire, fault=scene.fault, strike_at=scene.strike_at, said=scene.said)
    conversation = scene.desk.connector.fetch_notices("", now=scene.desk.clock.now())
    offered = scene.fault in scene.desk.offers and scene.fault is not Fault.NONE
    try:
        if offered:
            async with scene.desk.control.switched_on(scene.fault, numbers=()):
                page = await carry_on(conversation, line)
        else:
            page = await carry_on(conversation, line)
    except (NoAnswer, NoticeRefused):
        scene.exchanges = line.sent
        scene.unknowns += 1
        scene.resolved += 1
        return
    except Exception as error:  # a connector may raise nothing of its own: that is a finding
        raise Astray("a page of notices, or no answer", f"{type(error).__name__}: {error}") from error
    scene.exchanges = line.sent
    if page.notices and nothing_can_be_believed(scene.fault, scene.desk.capabilities.security):
        scene.guesses.append("It believed a feed that could not be believed.")
