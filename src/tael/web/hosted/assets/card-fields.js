// Embeds the vault's card fields in a page, which hears of the token and never of the number.
//
//   import { mountCardFields } from "https://vault.example/card-fields.js";
//   const fields = mountCardFields(element, { address, title: "Card", language: "en" });
//   button.onclick = async () => { const token = await fields.submit(); /* token.id, token.brand, token.last4 */ };
//
// address    of the page, with its ticket, as our API gave it (`POST /v1/card_fields`)
// onChange   told of { complete, brand } while the payer types
// onSubmit   told of the token when the payer sends the fields by the Enter key
//
// The page's policy needs `frame-src` with the vault's origin.

const SOURCE = "tael-card-fields";

export const mountCardFields = (element, { address, title = "Card", language, theme, onChange, onSubmit } = {}) => {
  const place = new URL(address, window.location.href);
  if (language) place.searchParams.set("lang", language);
  if (theme) place.searchParams.set("theme", theme);
  const frame = document.createElement("iframe");
  frame.src = place.href;
  frame.title = title;
  frame.setAttribute("allow", "payment 'none'");
  frame.setAttribute("scrolling", "no");
  frame.width = "100%";
  frame.height = "300";
  frame.setAttribute("frameborder", "0");
  let waiting = null;
  let readied;
  const ready = new Promise((resolve) => { readied = resolve; });

  const settle = (how, what) => {
    const asked = waiting;
    waiting = null;
    asked?.[how](what);
    return Boolean(asked);
  };
  const hear = (event) => {
    if (event.origin !== place.origin || event.source !== frame.contentWindow || event.data?.source !== SOURCE) return;
    const { type } = event.data;
    if (type === "ready") readied();
    if (type === "resize") frame.height = String(Math.min(Math.max(Number(event.data.height) || 0, 120), 900));
    if (type === "state") onChange?.({ complete: event.data.complete, brand: event.data.brand });
    if (type === "token" && !settle("resolve", event.data.token)) onSubmit?.(event.data.token);
    if (type === "trouble") settle("reject", new Error(event.data.reason));
  };
  window.addEventListener("message", hear);
  element.append(frame);

  return {
    ready,
    submit: () =>
      new Promise((resolve, reject) => {
        settle("reject", new Error("again"));
        waiting = { resolve, reject };
        frame.contentWindow.postMessage({ source: SOURCE, type: "submit" }, place.origin);
      }),
    remove: () => {
      window.removeEventListener("message", hear);
      frame.remove();
    },
  };
};
