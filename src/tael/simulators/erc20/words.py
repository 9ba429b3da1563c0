"""What do the pages say that only a chain says?"""

WORDS = {
    "zh": {
        "title": "稳定币模拟器",
        "send_tokens": "发送",
        "make_block": "出一个区块",
        "account": "付款地址",
        "paid_text": "代币已到账。确认数足够后，商家会看到。",
    },
    "en": {
        "title": "Stablecoin simulator",
        "send_tokens": "Send",
        "make_block": "Make a block",
        "account": "Pay from",
        "paid_text": "The tokens have arrived. The merchant sees them when enough blocks lie on top.",
    },
}
