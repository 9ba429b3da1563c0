"""Whom do the providers know, as their page tells it to whoever tries names and cards by hand? In Chinese and English."""

from collections.abc import Mapping, Sequence

from tael.simulators.base import Known

DOCUMENTS = ("11010119900307109X", "110101199003071807", "310101198502144006")
"""Numbers that are well formed, of nobody in particular: each may be one user's."""
CARD = "6222020000000000018"
_PERSONS: Sequence[tuple[str, str, str, str]] = (
    ("王不符", "No Match", "姓名不一致", "the name is another one"),
    ("李错号", "Wrong Number", "证件号码不一致", "the document's number is another one"),
    ("赵半知", "Half Known", "姓名一致，证件查不到", "the name matches; the document could not be looked up"),
    ("钱无此", "Not Found", "查无此人", "nobody of this name and number is known"),
    ("孙挂失", "Lost Document", "证件已挂失", "the document was reported lost"),
    ("周过期", "Expired Document", "证件已过期", "the document has expired"),
    ("吴超时", "Time Out", "三次不回答，之后说真话", "no answer, three times; then the truth"),
    ("卫永默", "Never Answers", "永不回答", "no answer, ever"),
    ("郑迟到", "Comes Later", "半分钟后才说真话", "not yet; half a minute later the truth"),
    ("冯乱码", "Garbled Answer", "两次只答半句，之后说真话", "half a sentence, twice; then the truth"),
    (
        "陈伪签",
        "Forged Signature",
        "两次由他人签名，之后说真话",
        "an answer that somebody else signed, twice; then the truth",
    ),
    (
        "褚故障",
        "Out Of Order",
        "两次系统错误，之后说真话",
        "an error of the provider's, twice; then the truth",
    ),
    ("蒋别脸", "Other Face", "人脸不一致", "the face is another one"),
    ("沈翻拍", "Photo Of Photo", "照片中没有活人", "nobody alive is in the picture"),
    ("韩模糊", "Blurred Face", "人脸相似度 65%", "the faces are alike by 65 per cent"),
)
_PHONES: Sequence[tuple[str, str, str]] = (
    ("139 0000 0404", "属于他人", "it is another person's"),
    ("139 0000 0405", "查无此号", "nobody has it"),
)
_CARDS: Sequence[tuple[str, str, str]] = (
    (CARD, "属于任何提供它的人：可以绑定", "it is whoever's gives it: it can be bound"),
    ("6222020000004041", "属于他人", "it is another person's"),
    ("6222020000004058", "已挂失或已销户", "it cannot be used: lost, or closed"),
    ("6222020000004066", "银行预留手机号不一致", "the phone that the bank knows is another one"),
)

KNOWN: Mapping[str, Sequence[Known]] = {
    "zh": (
        Known(
            title="核验机构认识谁",
            text="除下列姓名外，每个人都与其所说的一致。证件号码可用例如：" + "、".join(DOCUMENTS) + "。",
            rows=[(f"{name} · {english}", says) for name, english, says, _ in _PERSONS],
        ),
        Known(title="手机号", text="其他手机号均属于提供它的人。", rows=[each[:2] for each in _PHONES]),
        Known(title="银行卡", text="有效期任意未来月份，例如 12/34。", rows=[each[:2] for each in _CARDS]),
    ),
    "en": (
        Known(
            title="Whom the providers know",
            text=f"Everybody is who they say, but for these. Numbers of documents that will do: {', '.join(DOCUMENTS)}.",
            rows=[(f"{english} · {name}", says) for name, english, _, says in _PERSONS],
        ),
        Known(
            title="Telephone numbers",
            text="Every other number is whoever's gives it.",
            rows=[(number, says) for number, _, says in _PHONES],
        ),
        Known(
            title="Bank cards",
            text="Valid until any month to come, such as 12/34.",
            rows=[(number, says) for number, _, says in _CARDS],
        ),
    ),
}
