"""The checkout: the page on which a payer pays.

    views    what the payer sees in each state of a payment; the desk, which payments provides
    routes   the page, the code, the state as JSON and as a stream of events
    events   how a result reaches the page without a reload
    codes    the QR code as an image
    desk     the desk of a running platform, over payments and merchants
    wallets  which app pays at which channel, and in which app the payer is reading

The page holds all its states; `data-state` on `<main>` selects one. So it works without JavaScript
(a reload shows the next state), and the script has almost nothing to do.
"""
