"""Card fields: a page of the vault's own, embedded in a checkout or a merchant's page, or shown by itself.

The number goes from the payer's keyboard to the vault; whoever embeds the page hears of the token only.
"""
