"""How are people told what they cannot do, and why? In Chinese or English, as parts of a sentence of a short message."""

from collections.abc import Collection, Mapping

from tael.standing.model import REASON_WORDS, TRANSACTIONS, Permission, PersonalLimit, Reason

_PERMISSIONS: Mapping[Permission, tuple[str, str]] = {
    Permission.SIGN_IN: ("登录", "sign in"),
    Permission.LOOK: ("查看", "look"),
    Permission.VERIFY: ("实名认证", "verify who you are"),
    Permission.PAY: ("付款", "pay"),
    Permission.TOP_UP: ("充值", "top up"),
    Permission.WITHDRAW: ("提现", "withdraw"),
    Permission.TRANSFER: ("转账", "transfer"),
    Permission.RECEIVE: ("收款", "receive"),
    Permission.PASSWORD: ("修改密码", "change the password"),
    Permission.DEVICES: ("管理设备", "manage devices"),
    Permission.PHONE: ("更换手机号", "change the number"),
    Permission.BIND_CARD: ("绑定银行卡", "add cards"),
}
_ALL_MONEY = ("使用资金功能", "move money")
_LIMITS: Mapping[PersonalLimit, tuple[str, str]] = {
    PersonalLimit.PAY_DAY: ("每日付款限额", "the limit of payments in a day"),
    PersonalLimit.TRANSFER_DAY: ("每日转账限额", "the limit of transfers in a day"),
    PersonalLimit.TRANSFERS_DAY: ("每日转账次数", "the number of transfers in a day"),
    PersonalLimit.WITHDRAW_DAY: ("每日提现限额", "the limit of withdrawals in a day"),
}
_REASONS: Mapping[Reason, tuple[str, str]] = {
    Reason.OWN_WISH: ("您本人的操作", "you asked for it"),
    Reason.UNUSUAL_ACTIVITY: ("发现异常活动", "something unusual was seen"),
    Reason.TOO_MANY_WARNINGS: ("短期内多次预警", "there were several warnings"),
    Reason.REPORTED_FRAUD: ("涉嫌欺诈被举报", "a fraud was reported"),
    Reason.LOW_CREDIT: ("信用评价下降", "it was judged as less reliable"),
    Reason.GOOD_CREDIT: ("信用评价良好", "it was judged as more reliable"),
    Reason.ORDER_OF_AUTHORITY: ("有权机关依法要求", "an authority has ordered it"),
    Reason.DORMANT: ("开户后长期无交易", "nobody used it since it was opened"),
    Reason.DOCUMENT_EXPIRED: ("身份证件已过期", "the identity document has expired"),
    Reason.PHONE_CONFLICT: ("手机号属于他人", "the number is another person's"),
    Reason.ACCOUNT_RENTING: ("出租、出借或出售账户", "it was let or sold, the police say"),
    Reason.BEING_CHECKED: ("正在核实情况", "we are checking something"),
    Reason.EVIDENCE: ("身份信息已核实", "who you are was confirmed"),
    Reason.EVIDENCE_EXPIRED: ("身份核验已过期", "a confirmation of who you are has expired"),
    Reason.EVIDENCE_WITHDRAWN: ("身份核验不再有效", "a confirmation of who you are counts no more"),
    Reason.REQUEST_APPROVED: ("您的申请已通过", "your request was approved"),
    Reason.OBJECTION_GRANTED: ("您的申诉成立", "your objection was right"),
    Reason.OVER: ("期限已满", "its time is over"),
    Reason.VERIFIED_ANEW: ("已重新核验身份", "you have verified anew who you are"),
    Reason.NO_LONGER_NEEDED: ("不再需要限制", "it is no longer needed"),
    Reason.CLOSED: ("账户已注销", "the account is closed"),
}
_REASON_OF: Mapping[str, Reason] = {words: reason for reason, words in REASON_WORDS.items()}


def permissions_in_words(permissions: Collection[Permission], *, chinese: bool) -> str:
    """Such as `pay, transfer`; all that moves money, and whatever else is with it, is `move money`."""
    place = 0 if chinese else 1
    if set(permissions) >= TRANSACTIONS:
        return _ALL_MONEY[place]
    named = [_PERMISSIONS[each][place] for each in Permission if each in permissions]
    return ("、" if chinese else ", ").join(named)


def limits_in_words(limits: Collection[PersonalLimit], *, chinese: bool) -> str:
    """Such as `the limit of transfers in a day`."""
    named = [_LIMITS[each][0 if chinese else 1] for each in PersonalLimit if each in limits]
    return ("、" if chinese else ", ").join(named)


def reason_in_words(reason: Reason, *, chinese: bool) -> str:
    """Such as `you asked for it`."""
    return _REASONS[reason][0 if chinese else 1]


def answer_in_words(answer: str, *, chinese: bool) -> str:
    """What an objection was answered: what staff wrote stays, and what a reason says is said in the reader's language."""
    reason = _REASON_OF.get(answer)
    if reason is None or not chinese:
        return answer
    return f"{reason_in_words(reason, chinese=True)}。"
