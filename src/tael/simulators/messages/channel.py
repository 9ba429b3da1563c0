"""How do they behave, put together? Three protocols, one inbox."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tael.foundation.clock import CHINA
from tael.simulators.base import OF_ANY_WIRE, Answer, Call, Fault, SimulatedChannel, Stage, plain
from tael.simulators.messages import gateway, push
from tael.simulators.messages.gateway import Gateway, prepare_secret, secret_file
from tael.simulators.messages.inbox import Inbox
from tael.simulators.messages.mail import PORTS_ON, MailRoom
from tael.simulators.messages.push import PushService

_HERE = Path(__file__).parent
_BASE = _HERE.parent / "base" / "templates"
WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "消息模拟器",
        "inbox": "收件箱",
        "banner": "模拟器：这里的消息没有发给任何人",
        "everywhere": "全部地址",
        "nothing": "还没有消息",
        "nothing_text": "平台发出的短信、邮件和推送会出现在这里。",
        "sms": "短信",
        "email": "邮件",
        "push": "推送",
        "lang": "zh-CN",
        "switch_language": "English",
        "switch_language_lang": "en",
    },
    "en": {
        "title": "Message simulator",
        "inbox": "Inbox",
        "banner": "A simulator: these messages were sent to nobody",
        "everywhere": "All addresses",
        "nothing": "Nothing has arrived yet",
        "nothing_text": "Text messages, mails and pushes of the platform appear here.",
        "sms": "Text message",
        "email": "Mail",
        "push": "Push",
        "lang": "en",
        "switch_language": "中文",
        "switch_language_lang": "zh-CN",
    },
}
_SHOWN = 200


class MessagesSimulator(SimulatedChannel):
    """A stand-in for everybody who carries messages to people."""

    name = "messages"
    words = WORDS
    offers = OF_ANY_WIRE | {Fault.SYSTEM_ERROR_BEFORE, Fault.SYSTEM_ERROR_AFTER, Fault.DROP_NOTICES}
    methods = (gateway.SEND, gateway.INQUIRE, push.METHOD)

    def __init__(self, stage: Stage) -> None:
        """Open the doors."""
        address = urlsplit(stage.url)
        self._stage = stage
        self._host = address.hostname or "127.0.0.1"
        self._inbox = Inbox(stage.journal)
        self._gateway = Gateway(stage, self._inbox)
        self._push = PushService(stage, self._inbox)
        self._mail = MailRoom(stage, self._inbox, host=self._host, beside=address.port or 0)
        self._opening: asyncio.Task[None] | None = None
        self._templates = Environment(
            loader=FileSystemLoader([_HERE / "templates", _BASE]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["china"] = lambda moment: moment.astimezone(CHINA).strftime("%m-%d %H:%M:%S")

    async def answer(self, call: Call) -> Answer | None:
        """The three protocols, and the inbox."""
        try:
            answer = self._gateway.answer(call) or self._push.answer(call)
        except msgspec.MsgspecError as error:
            return plain(str(error), status=400)
        return answer or self._look(call)

    def wake_up(self) -> None:
        """Let mails come."""
        self._opening = asyncio.get_running_loop().create_task(self._mail.open())

    def close(self) -> None:
        """Close the doors."""
        self._gateway.close()
        self._mail.close()

    def _look(self, call: Call) -> Answer | None:
        kind, to = call.asked("kind"), call.asked("to")
        match call.method, call.path:
            case "GET", "/":
                return Answer(status=303, content_type="", headers={"location": "/inbox"})
            case "GET", "/addresses":
                return _json({"http": self._stage.url, "smtp": f"smtp://{self._host}:{self._mail.port}"})
            case "GET", "/inbox.json":
                return _json({"items": self._inbox.newest(kind=kind, to=to, limit=_SHOWN)})
            case "GET", "/requests.json":
                return _json(self._gateway.requests())
            case "GET", "/inbox":
                return self._page(call, kind=kind, to=to)
            case _:
                return None

    def _page(self, call: Call, *, kind: str, to: str) -> Answer:
        asked = call.asked("lang")
        chinese = asked == "zh" or (
            asked != "en" and not call.headers.get("accept-language", "").startswith("en")
        )
        language = "zh" if chinese else "en"
        page = self._templates.get_template("inbox.html").render(
            words=WORDS[language],
            language=language,
            other="en" if chinese else "zh",
            path="/inbox",
            addresses=list(self._inbox.addresses()),
            chosen=to,
            items=self._inbox.newest(kind=kind, to=to, limit=_SHOWN),
        )
        policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
        headers = {"content-security-policy": policy, "cache-control": "no-store"}
        return Answer(body=page.encode(), content_type="text/html; charset=utf-8", headers=headers)


def post_office_files(home: Path, url: str) -> Mapping[str, Mapping[str, str]]:
    """What a platform is told: the settings that lead to it."""
    prepare_secret(home)
    address = urlsplit(url)
    settings = {
        "TAEL_SMS_URL": f"{url}/sms",
        "TAEL_SMS_KEY_FILE": str(secret_file(home)),
        "TAEL_SMTP_URL": f"smtp://{address.hostname}:{(address.port or 0) + PORTS_ON}",
        "TAEL_PUSH_SERVICES": url,
    }
    return {"messages.env": settings}


def _json(body: object) -> Answer:
    return Answer(body=msgspec.json.encode(body))
