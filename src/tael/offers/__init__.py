"""Offers: who pays less, for what, and out of whose pocket the difference comes.

Owns     offers, their coupons, and what was redeemed of them.
Words    *offer*: a rule by which a payer pays less. *Coupon*: a code that opens one. *Redemption*: an offer used for one
         attempt to pay; its amount is *held* while the attempt is open, *spent* when it has succeeded, *released* if not.
         *Funder*: who bears what the payer does not pay, the merchant or the platform.
Tables   offers.offers, offers.coupons, offers.redemptions.
Events   none: what is redeemed shows in payments.
"""
