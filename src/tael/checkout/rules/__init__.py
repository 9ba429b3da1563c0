"""What may be asked of the checkout, without asking anybody?

sessions      sessions, links and tips
shown_codes   which wallet's code a payer shows (`shown_codes.toml`)
limits        how much a payer may pay by static codes in a day (`limits.toml`)
emvco, emv_codes   the EMVCo merchant-presented code: written, and read
"""
