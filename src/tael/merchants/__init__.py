"""Merchants: who sells, on which terms, with which people, and with which keys their servers call us.

Owns     merchants from their application to their end: papers, review, agreement, fee plans, settlement settings, stores and
         terminals, risk level and standing; their team and their API keys.
Words    *merchant*: a party that is paid. *application*: what it tells and hands in. *standing*: whether it may act.
         *fee terms*: prices, immutable, named by what they say; *plan*, *tier*, *promotion*: what decides which terms
         apply at a moment. *API key*: what a merchant's server shows with each request; only its hash is kept, and its
         first characters (the *prefix*) to tell keys apart. *member*: a person of a merchant's team.
Tables   merchants.merchants, .applications, .documents, .signatures, .fee_terms, .fee_plans, .promotions, .volumes,
         .settlement_settings, .stores, .terminals, .history, .members, .api_keys, .signing_keys.
Events   MerchantApplied, MerchantApproved, MerchantChanged, MerchantSuspended, MerchantResumed, MerchantClosing,
         MerchantClosed.

Letting a merchant in or not, fees, another account, resuming and closing take two people: proposed and approved
(`foundation.proposals`), tried at once and undone, done when it is approved, refused if the merchant has changed in between.
Secrets of an application are sealed, and masked in every answer.

agreements  the texts that are signed, as data
model       nouns: merchant, application, agreement, fees, settlement, team, keys
rules       what may be, what applies, what is missing, what is left in each state
schemas     commands: what may be asked, in which limits
usecases    one verb for each command, and questions that change nothing
keys        API keys
api         do a command, answer a call, give fee terms
"""
