"""What do the card pages say, beside what all simulators say?"""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "银行卡付款模拟器",
        "ended_text": "此页面已失效，没有扣款。",
        "card_number": "卡号（只接受测试卡）",
        "card_end": "有效期",
        "card_code": "安全码",
        "not_a_test_card": "这不是测试卡。请使用例如 4242 4242 4242 4242；真实卡号不会被接受，也不会被保存。",
        "card_declined": "发卡行拒绝了这张卡。请换一张卡。",
        "step_up": "发卡行验证",
        "step_up_text": "你的发卡行想确认是你本人在付款。",
        "confirm_it_is_me": "是我本人",
        "not_me": "验证失败",
        "test_cards": "测试卡",
        "good_card": "付款成功",
        "asks_card": "需要发卡行验证",
        "declined_card": "被拒绝",
        "poor_card": "余额不足",
    },
    "en": {
        "title": "Card payment simulator",
        "ended_text": "This page is no longer good and nothing was taken.",
        "card_number": "Card number (test cards only)",
        "card_end": "Valid to",
        "card_code": "Security code",
        "not_a_test_card": "This is not a test card. Use for example 4242 4242 4242 4242; real numbers are neither taken nor kept.",
        "card_declined": "The card's bank said no. Try another card.",
        "step_up": "Your bank asks",
        "step_up_text": "Your bank wants to be sure that it is you who pays.",
        "confirm_it_is_me": "It is me",
        "not_me": "Fail the check",
        "test_cards": "Test cards",
        "good_card": "is paid",
        "asks_card": "the bank asks",
        "declined_card": "is declined",
        "poor_card": "has no money",
    },
}
