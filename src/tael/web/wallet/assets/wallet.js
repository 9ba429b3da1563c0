// What the wallet does with a script: a form that was sent once is not sent again, secrets are copied by a button, a new password
// is weighed while it is typed, and the worker is put in its place. Every page does its work without this file.

const address = document.querySelector("script[data-worker]")?.dataset.worker;

if (address && "serviceWorker" in navigator && window.isSecureContext) {
  const policy = window.trustedTypes?.createPolicy("tael-worker", {
    createScriptURL: (wanted) => {
      if (wanted !== address) throw new TypeError("no worker of ours");
      return wanted;
    },
  });
  window.addEventListener("load", () => {
    navigator.serviceWorker.register(policy ? policy.createScriptURL(address) : address).catch(() => {});
  });
}

// The answer to a form stands at the address of the page that the form was on: reading it again, or coming back to it, asks nobody
// whether the form should be sent once more.
const place = document.querySelector("script[data-stands-at]")?.dataset.standsAt;
if (place) history.replaceState(null, "", place);

// Who follows the device, and whose device is dark, wants it light by this switch.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
for (const link of document.querySelectorAll("[data-in-dark]")) if (dark.matches) link.href = link.dataset.inDark;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("stays" in form.dataset) return; // what it brings is saved: this page stays
  if (form.getAttribute("aria-busy") === "true") event.preventDefault();
  else form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copies);
    button.textContent = button.dataset.copied;
  });
}

// How hard a password is to guess, roughly: how long it is, and how much of it is no repetition. The server decides.
function weight(text) {
  const different = new Set(text.toLowerCase()).size;
  if (text.length < 12) return text.length < 8 ? 0 : 1;
  if (different < 7) return 1;
  return text.length >= 18 && different >= 9 ? 3 : 2;
}

for (const meter of document.querySelectorAll("[data-strength]")) {
  const field = document.getElementById(meter.dataset.strength);
  const words = JSON.parse(meter.dataset.words);
  field.addEventListener("input", () => {
    const found = weight(field.value);
    meter.hidden = field.value === "";
    meter.querySelector("meter").value = found + 1;
    meter.querySelector("span").textContent = words[found];
    if (field.ariaInvalid === "true") {  // what was said of the one before is not said of this one
      field.removeAttribute("aria-invalid");
      field.closest(".field").classList.remove("field-wrong");
      document.getElementById(`${field.id}-note`).hidden = true;
    }
  });
}

for (const field of document.querySelectorAll("[data-shows]")) {
  const button = field.querySelector("button");
  const input = field.querySelector("input");
  button.hidden = false;
  button.addEventListener("click", () => {
    input.type = input.type === "password" ? "text" : "password";
    button.setAttribute("aria-pressed", String(input.type === "text"));
  });
}
