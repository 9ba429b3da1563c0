"""The design system: how every page of Tael looks, reads and is delivered.

It owns
    the tokens       colours in light and dark, type scale, spacing (`assets/tokens.css`)
    the components   buttons, fields, pills, cards, toasts (`assets/components.css`, `templates/macros.html`)
    the words        messages in zh-CN and en (`locales/`, `i18n`), amounts and times (`formats`)
    the acting       forms that cannot be forged, work once, and keep what was typed (`acting`, `forms`, `templates/forms.html`)
    the door         whose session a browser has, and acting before there is one (`session_cookies`, `doors`)
    the workplace    panels, tables, tiles, charts for surfaces on which people work (`assets/work.css`)
    the codes        QR codes as SVG (`codes`)
    the delivery     addresses that carry a content hash (`assets`), security headers (`headers`)

A surface (checkout, portal, ...) makes one `Pages` of its own folder and renders through it:

    pages = Pages("checkout", Path(__file__).parent)
    return pages.render(request, "checkout/pay.html", view=view)

Nothing here knows what a payment is. `/ui` on the internal listener shows all of it on one page.
"""
