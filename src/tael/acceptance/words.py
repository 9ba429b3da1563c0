"""How are faults and verdicts called, for people, in both languages?"""

from tael.acceptance.model import Fault, Verdict, Words

FAULTS = {
    Fault.NONE: Words("as it should be", "正常"),
    Fault.DELAY: Words("answer too late", "应答超时"),
    Fault.LOST_REPLY: Words("answer lost", "应答丢失"),
    Fault.RESET_AFTER_REQUEST: Words("reset after the request", "请求后连接重置"),
    Fault.TRUNCATED: Words("half an answer", "应答截断"),
    Fault.FOREIGN_PAGE: Words("somebody else's page", "被替换的页面"),
    Fault.GATEWAY_TIMEOUT: Words("504 on the way", "途中 504"),
    Fault.WRONG_SIGNATURE: Words("wrong signature", "签名错误"),
    Fault.WRONG_AMOUNT: Words("wrong amount", "金额不符"),
    Fault.WRONG_MERCHANT: Words("wrong merchant", "商户不符"),
    Fault.WRONG_ORDER: Words("wrong order", "订单不符"),
    Fault.SYSTEM_ERROR_BEFORE: Words("system error, nothing done", "系统错误（未执行）"),
    Fault.SYSTEM_ERROR_AFTER: Words("system error, done all the same", "系统错误（已执行）"),
    Fault.CLOCK_SKEW: Words("channel's clock is off", "渠道时钟偏差"),
    Fault.OUR_CLOCK_SKEW: Words("our clock is off", "本机时钟偏差"),
    Fault.ONE_BIT: Words("one bit changed", "一位被改"),
    Fault.BALANCE_NOT_ENOUGH: Words("our balance is too small", "余额不足"),
    Fault.LATE_SUCCESS: Words("paid after the end", "关单后支付"),
    Fault.DUPLICATE_NOTICE: Words("notice sent twice", "通知重复"),
    Fault.REPLAYED_NOTICE: Words("notice replayed", "通知重放"),
    Fault.LATE_NOTICE: Words("notice late", "通知迟到"),
    Fault.OUT_OF_ORDER: Words("notices out of order", "通知乱序"),
    Fault.STALE_NOTICE: Words("notice three days old", "通知过期"),
    Fault.DROP_NOTICES: Words("notices dropped", "通知丢失"),
}
VERDICTS = {
    Verdict.PASSED: Words("passed", "通过"),
    Verdict.FAILED: Words("failed", "未通过"),
    Verdict.NOT_PROMISED: Words("not promised", "未承诺"),
}
MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.NOT_PROMISED: "·"}
