"""How is a person told what was not like them? What they did, from where, and why we wonder, in Chinese or English."""

from collections.abc import Mapping, Sequence

from tael.behaviour.model import LOCAL, ActKind, Reason
from tael.behaviour.rules.browsers import browser_and_system
from tael.behaviour.rules.places import place_of

_ACTS: Mapping[ActKind, tuple[str, str]] = {
    ActKind.SIGN_IN: ("登录", "a sign-in"),
    ActKind.PAYMENT: ("付款", "a payment"),
    ActKind.TOP_UP: ("充值", "a top-up"),
    ActKind.WITHDRAWAL: ("提现", "a withdrawal"),
    ActKind.TRANSFER: ("转账", "a transfer"),
    ActKind.CHANGE: ("修改账户资料", "a change of your account"),
}
_REASONS: Mapping[Reason, tuple[str, str]] = {
    Reason.NEW_PLACE: ("来自新的国家或地区", "from a new country or region"),
    Reason.NEW_DEVICE: ("来自新的设备", "from a new device"),
    Reason.IMPOSSIBLE_TRAVEL: ("短时间内相距很远", "far from the last one, too soon"),
    Reason.UNUSUAL_HOUR: ("不寻常的时间", "at an unusual hour"),
    Reason.AMOUNT_FAR_ABOVE_HABIT: ("金额远高于平时", "much more than usual"),
    Reason.MANY_IN_SHORT_TIME: ("短时间内次数很多", "many within minutes"),
    Reason.MANY_NEW_PAYEES: ("多个新的收款人", "many new payees"),
    Reason.MANY_FAILURES: ("多次失败", "many failures"),
    Reason.SIGN_IN_AFTER_LONG_SILENCE: ("长时间未登录后", "after a long silence"),
}


_PLACES: Mapping[str | None, tuple[str, str]] = {
    None: ("未知地点", "an unknown place"),
    LOCAL: ("本地网络", "a local network"),
    "CN": ("中国大陆", "the Chinese mainland"),
}
_ELSEWHERE = ("国家或地区 {code}", "country or region {code}")


def place_in_words(address: str | None, *, chinese: bool) -> str:
    """Where an address is, as far as it is known without asking anybody: never the address itself."""
    code, language = place_of(address), 0 if chinese else 1
    if code in _PLACES:
        return _PLACES[code][language]
    return _ELSEWHERE[language].format(code=code)


def device_in_words(user_agent: str | None) -> str:
    """Such as `Chrome · Android`, in every language; what neither is known of stays as it is."""
    browser, system = browser_and_system(user_agent)
    named = (browser or "").rstrip("0123456789 ")
    return " · ".join(filter(None, (named, system))) or user_agent or "?"


def act_in_words(kind: ActKind, *, chinese: bool) -> str:
    """Such as `a sign-in`."""
    return _ACTS[kind][0 if chinese else 1]


def reasons_in_words(reasons: Sequence[Reason], *, chinese: bool) -> str:
    """Such as `from a new device, at an unusual hour`."""
    return ("、" if chinese else ", ").join(_REASONS[reason][0 if chinese else 1] for reason in reasons)
