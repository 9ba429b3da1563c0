"""In which words does Alipay say no? Its codes and its texts, which are in Chinese."""

BUSINESS_TEXTS = {
    "ACQ.SYSTEM_ERROR": "系统异常",
    "ACQ.INVALID_PARAMETER": "参数无效",
    "ACQ.TRADE_NOT_EXIST": "交易不存在",
    "ACQ.TRADE_HAS_SUCCESS": "交易已被支付",
    "ACQ.TRADE_HAS_CLOSE": "交易已经关闭",
    "ACQ.TRADE_HAS_FINISHED": "交易已完结",
    "ACQ.TRADE_STATUS_ERROR": "交易状态不合法",
    "ACQ.CONTEXT_INCONSISTENT": "交易信息被篡改",
    "ACQ.DISCORDANT_REPEAT_REQUEST": "请求信息不一致",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": "退款金额无效",
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": "卖家余额不足",
    "ACQ.PAYMENT_AUTH_CODE_INVALID": "支付授权码无效",
    "ACQ.BUYER_BALANCE_NOT_ENOUGH": "买家余额不足",
    "ACQ.BUYER_NOT_EXIST": "买家不存在",
    "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR": "分账金额校验失败",
    "ACQ.TRADE_SETTLE_NOT_EXIST": "分账请求不存在",
    "BALANCE_IS_NOT_ENOUGH": "账户余额不足",
    "PAYEE_NOT_EXIST": "收款账号不存在",
    "ORDER_NOT_EXIST": "转账订单不存在",
    "INVALID_PARAMETER": "参数有误",
    "DUPLICATE_REQUEST": "同一单号已用于另一笔转账",
    "BILL_NOT_EXIST": "账单不存在",
    "NO_BILL_DATA": "没有账单数据",
    "INVAILID_ARGUMENTS": "入参不合法",
}

GATEWAY_TEXTS = {
    "isv.missing-method": ("40001", "缺少方法名参数"),
    "isv.missing-app-id": ("40001", "缺少appId参数"),
    "isv.missing-signature": ("40001", "缺少签名参数"),
    "isv.missing-signature-type": ("40001", "缺少签名类型参数"),
    "isv.missing-timestamp": ("40001", "缺少时间戳参数"),
    "isv.missing-version": ("40001", "缺少版本参数"),
    "isv.invalid-method": ("40002", "不存在的方法名"),
    "isv.invalid-app-id": ("40002", "无效的AppID参数"),
    "isv.invalid-format": ("40002", "无效的数据格式"),
    "isv.invalid-charset": ("40002", "字符集错误"),
    "isv.invalid-timestamp": ("40002", "非法的时间戳参数"),
    "isv.invalid-parameter": ("40002", "参数无效"),
    "isv.invalid-signature-type": ("40002", "无效的签名类型"),
    "isv.invalid-signature": ("40002", "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配"),
    "isv.app-cert-sn-error": ("40002", "应用公钥证书序列号不匹配"),
    "isv.insufficient-isv-permissions": ("40006", "ISV权限不足，此接口只支持公钥证书模式"),
    "isp.unknow-error": ("20000", "系统繁忙"),
}

GATEWAY_MESSAGES = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40006": "Insufficient Permissions",
}


class TradeRefused(Exception):
    """The business says no: code 40004."""

    def __init__(self, sub_code: str) -> None:
        super().__init__(sub_code)
        self.fields = {
            "code": "40004",
            "msg": "Business Failed",
            "sub_code": sub_code,
            "sub_msg": BUSINESS_TEXTS[sub_code],
        }


class CallRefused(Exception):
    """The gateway says no. `signed` is False while the application is not known."""

    def __init__(self, sub_code: str, *, signed: bool = True) -> None:
        super().__init__(sub_code)
        code, sub_msg = GATEWAY_TEXTS[sub_code]
        self.fields = {"code": code, "msg": GATEWAY_MESSAGES[code], "sub_code": sub_code, "sub_msg": sub_msg}
        self.signed = signed
