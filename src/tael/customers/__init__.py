"""Customers: payers as a merchant knows them, and how they have agreed to be charged.

Owns     a merchant's customers, their saved payment methods, and mandates.
Words    *customer*: a payer as one merchant knows them. *payment method*: a card, or another way to pay, that a payer has let
         a merchant keep, with the consent that they gave. *mandate*: lets a merchant charge a payment method while its
         payer is not there, within limits, until it is revoked. *off session*: while the payer is not there. *agreed
         card*: one that may be kept once its payer has paid with it.
Tables   customers.customers, customers.payment_methods, customers.mandates, customers.mandate_uses,
         customers.cards_agreed.
Events   none.

No number of a card is here, only tokens; names, addresses and telephone numbers are sealed, and shown masked.
"""
