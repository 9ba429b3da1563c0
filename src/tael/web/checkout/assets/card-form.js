// Puts the vault's card fields into the page, and sends the token that comes of them, or the choice of a card that is kept.
// The number is typed into a frame of another origin: this script cannot see it.

const form = document.querySelector("[data-card-form]");
const page = document.querySelector("main");
const pay = form.querySelector("[data-pay]");
const trouble = form.querySelector("[data-card-trouble]");
const fresh = form.querySelector("[data-new]");
const words = pay.textContent;
const FIELDS_MILLISECONDS = 12_000;

let fields = null;

const say = (text) => {
  trouble.hidden = !text;
  trouble.textContent = text;
};
const isNew = () => !form.elements.saved?.value;
const busy = (is) => {
  pay.disabled = is;
  pay.textContent = is ? form.dataset.paying : words;
};

const send = (token) => {
  form.elements.card_token.value = token;
  page.dataset.sending = ""; // what is pushed in between is shown by the answer
  busy(true);
  form.submit();
};

const mount = async () => {
  const { mountCardFields } = await import(form.dataset.module);
  const mounted = mountCardFields(form.querySelector("[data-fields]"), {
    address: form.dataset.fieldsAddress,
    title: form.dataset.fieldsTitle,
    language: document.documentElement.lang,
    theme: document.documentElement.dataset.theme,
    onSubmit: (token) => send(token.id),
  });
  await Promise.race([
    mounted.ready,
    new Promise((_, reject) => { setTimeout(() => reject(new Error("too late")), FIELDS_MILLISECONDS); }),
  ]);
  return mounted;
};

const choose = () => {
  fresh.hidden = !isNew();
  say("");
  if (isNew() && !fields) {
    fields = mount();
    fields.catch(() => say(form.dataset.lost));
  }
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!isNew()) return send("");
  busy(true);
  try {
    const token = await (await fields).submit();
    send(token.id);
  } catch (error) {
    if (error.message === "vault.ticket_refused") return location.reload(); // the fields were open for too long
    busy(false);
  }
});

// Back from the bank with the browser's own button: what is shown may be over.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

for (const radio of form.querySelectorAll("input[name=saved]")) radio.addEventListener("change", choose);
const another = form.querySelector("[data-another]");
if (another) another.hidden = false;
document.querySelector("[data-without-script]").hidden = true;
pay.hidden = false;
choose();
