"""Do words that strangers choose become something to press in a message that carries our name?"""

import pytest

from tael.messages.rules.wording import plain_text


@pytest.mark.parametrize(
    ("said", "reads"),
    [
        ("账户异常请登录evil.com处理", "账户异常请登录evil com处理"),
        ("点http://evil.com/a", "点 evil com/a"),
        ("看www.evil.cn吧", "看 evil cn吧"),
        ("领奖.中国", "领奖 中国"),
        ("打开10.1.2.3/a", "打开10 1.2.3/a"),
        ("祝福\n短信", "祝福 短信"),
        ("一共12.80元，3.5折", "一共12.80元，3.5折"),
    ],
)
def test_nothing_in_them_can_be_pressed(said: str, reads: str) -> None:
    assert plain_text(said) == reads
