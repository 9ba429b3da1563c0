"""Which channels and banks can be played on this machine? Each folder stands in for one, faults and all."""

CHANNELS = ("alipay", "stripe", "bank", "unionpay", "wechatpay", "erc20")
"""Which channels can be simulated; `registry` says how. Whoever needs the names alone loads no simulator."""
OTHERS = ("verification", "messages")
"""Who else."""
