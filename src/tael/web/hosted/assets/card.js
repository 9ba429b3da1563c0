// The card fields: formats what is typed in, says what is wrong, and sends it to the vault that served this page.
// Whoever embeds the page hears `ready`, `resize`, `state`, `token` and `trouble`, and may say `submit`.

const SOURCE = "tael-card-fields";
const ANY = { shown: "", lengths: [12, 13, 14, 15, 16, 17, 18, 19], security_code: 3 };

const main = document.querySelector(".hosted");
const form = main.querySelector("form");
const asked = ["number", "expiry", "code"].filter((name) => form?.[name]); // who binds a card is asked for no code
const origin = main.dataset.origin;
const embedded = Boolean(origin) && window.parent !== window;

const tell = (type, more = {}) => {
  if (embedded) window.parent.postMessage({ source: SOURCE, type, ...more }, origin);
};
const digits = (text) => text.replace(/\D/g, "");
const brands = form ? JSON.parse(form.dataset.brands) : [];
const fits = (number) => ([lowest, highest]) => {
  const head = number.slice(0, String(lowest).length);
  return head.length === String(lowest).length && lowest <= Number(head) && Number(head) <= highest;
};
const kindOf = (number) => brands.find(({ ranges }) => ranges.some(fits(number))) ?? ANY;

const passes = (number) => {
  let sum = 0;
  [...number].reverse().forEach((digit, place) => {
    const twice = Number(digit) * 2;
    sum += place % 2 ? (twice > 9 ? twice - 9 : twice) : Number(digit);
  });
  return sum % 10 === 0;
};

const grouped = (number) =>
  /^3[47]/.test(number)
    ? [number.slice(0, 4), number.slice(4, 10), number.slice(10, 15)].filter(Boolean).join(" ")
    : (number.slice(0, 19).match(/.{1,4}/g) ?? []).join(" ");

const expiryOf = (text) => {
  const match = /^\s*(\d{1,2})\s*[/.\- ]?\s*((?:20)?\d{2})\s*$/.exec(text);
  return match ? { month: Number(match[1]), year: 2000 + (Number(match[2]) % 100) } : { month: 0, year: 0 };
};

const wrongOf = {
  number(text) {
    const number = digits(text);
    if (/[^\d\s-]/.test(text)) return "not_digits";
    if (!kindOf(number).lengths.includes(number.length)) return "length";
    return passes(number) ? "" : "check_digit";
  },
  expiry(text) {
    const { month, year } = expiryOf(text);
    const now = new Date();
    if (month < 1 || month > 12) return "no_month";
    if (year * 12 + month < now.getFullYear() * 12 + now.getMonth() + 1) return "over";
    return year > now.getFullYear() + 25 ? "too_far" : "";
  },
  code(text) {
    const wanted = kindOf(digits(form.number.value)).security_code;
    return new RegExp(`^\\d{${wanted}}$`).test(text.trim()) ? "" : "length";
  },
  holder: () => "",
};

const show = (name, wrong) => {
  const field = main.querySelector(`[data-field=${name}]`);
  const note = field.querySelector(".field-note");
  field.classList.toggle("field-wrong", Boolean(wrong));
  if (wrong) form[name].setAttribute("aria-invalid", "true");
  else form[name].removeAttribute("aria-invalid");
  note.textContent = wrong ? form.getAttribute(`data-wrong-${wrong}`) ?? form.dataset.trouble : note.dataset.hint;
  resize();
};

const check = (name) => {
  const wrong = wrongOf[name](form[name].value);
  show(name, wrong);
  return !wrong;
};

const resize = () => tell("resize", { height: Math.ceil(document.documentElement.getBoundingClientRect().height) });

const say = (trouble) => {
  const line = main.querySelector("[data-trouble-line]");
  line.hidden = !trouble;
  line.textContent = trouble;
  resize();
};

const state = () => {
  const complete = asked.every((name) => !wrongOf[name](form[name].value));
  tell("state", { complete, brand: kindOf(digits(form.number.value)).shown });
};

const reformat = (input, format) => {
  const atEnd = input.selectionStart === input.value.length;
  const before = digits(input.value.slice(0, input.selectionStart)).length;
  const text = format(input.value);
  if (text === input.value) return;
  input.value = text;
  if (atEnd) return; // the caret is at the end of what was written
  let place = 0;
  for (let seen = 0; seen < before && place < text.length; place += 1) if (/\d/.test(text[place])) seen += 1;
  input.setSelectionRange(place, place);
};

const fieldOf = { exp_month: "expiry", exp_year: "expiry", security_code: "code", number: "number", holder: "holder" };

const send = async () => {
  if (!asked.map(check).every(Boolean)) {
    main.querySelector("[aria-invalid]").focus();
    tell("trouble", { reason: "incomplete" });
    return;
  }
  say("");
  const { month, year } = expiryOf(form.expiry.value);
  let answer;
  try {
    answer = await fetch(form.dataset.tokens, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        ticket: form.ticket.value, number: digits(form.number.value), exp_month: month, exp_year: year,
        security_code: form.code?.value.trim() ?? "", holder: form.holder.value.trim(),
      }),
    });
    const said = await answer.json();
    if (answer.status === 201) {
      form.number.value = "";
      if (form.code) form.code.value = "";
      tell("token", { token: said });
      return;
    }
    const name = fieldOf[said.field];
    if (name) {
      show(name, said.wrong);
      form[name].focus();
    } else say(answer.status === 403 ? form.dataset.expired : form.dataset.trouble);
    tell("trouble", { reason: said.code });
  } catch {
    say(form.dataset.trouble);
    tell("trouble", { reason: "unreachable" });
  }
};

if (form) {
  form.number.addEventListener("input", () => {
    reformat(form.number, (text) => grouped(digits(text)));
    main.querySelector("[data-brand]").textContent = form.number.value ? kindOf(digits(form.number.value)).shown : "";
  });
  form.expiry.addEventListener("input", () => {
    reformat(form.expiry, (text) => {
      const typed = digits(text).slice(0, 4);
      const padded = /^[2-9]$/.test(typed) ? `0${typed}` : typed;
      return padded.length > 2 ? `${padded.slice(0, 2)} / ${padded.slice(2)}` : padded;
    });
  });
  form.addEventListener("input", state);
  for (const name of asked) {
    form[name].addEventListener("blur", () => form[name].value && check(name));
  }
  form.addEventListener("submit", (event) => {
    const right = asked.map(check).every(Boolean);
    if (embedded || !right) event.preventDefault();
    if (embedded) send();
    else if (!right) main.querySelector("[aria-invalid]").focus();
  });
  window.addEventListener("message", (event) => {
    if (embedded && event.origin === origin && event.source === window.parent) {
      if (event.data?.source === SOURCE && event.data.type === "submit") send();
    }
  });
  new ResizeObserver(resize).observe(document.documentElement);
  tell("ready");
}
