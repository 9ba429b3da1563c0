// What pages about money do with a script: amounts are hidden from those who look on, time runs down, a page that waits reads itself
// again, and a payment code is renewed, and covered while nobody looks. Every page does its work without this file.

const HIDES = "tael-hides";

for (const part of document.querySelectorAll("[data-hides]")) {
  const eye = part.querySelector("[data-eye]");
  const draw = (hides) => {
    part.classList.toggle("hides", hides);
    eye.setAttribute("aria-pressed", String(hides));
    for (const each of part.querySelectorAll("[data-hidden-away]")) each.setAttribute("aria-hidden", String(hides));
  };
  eye.hidden = false;
  draw(localStorage.getItem(HIDES) === "1");
  eye.addEventListener("click", () => {
    const hides = !part.classList.contains("hides");
    localStorage.setItem(HIDES, hides ? "1" : "0");
    draw(hides);
  });
}

// Where there is room beside the bills, their filters need not be unfolded.
const sheet = document.querySelector(".filters-sheet");
if (sheet && window.matchMedia("(min-width: 75rem)").matches) sheet.open = true;

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return (hours ? `${hours}:` : "") + `${two(minutes)}:${two(seconds % 60)}`;
}

function runDown(place, ended) {
  const end = Date.now() + 1000 * Number(place.dataset.countdown);
  const tick = () => {
    if (!place.isConnected) return;
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    place.firstElementChild.textContent = clock(left);
    if (left > 0) setTimeout(tick, 500);
    else ended();
  };
  tick();
}

// Not by `fetch` and a parser: our policy lets nobody make elements of text.
function read(method, address, body, then) {
  const request = new XMLHttpRequest();
  request.open(method, address);
  request.responseType = "document";
  if (body) request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  request.addEventListener("load", () => then(request.response));
  request.addEventListener("error", () => then(null));
  request.send(body);
}

function move(part) {
  const seconds = Number(part.dataset.moves);
  if (!(seconds > 0)) return;
  setTimeout(() => {
    read("GET", location.href, null, (page) => {
      const fresh = page?.getElementById(part.id);
      if (!fresh) return move(part);
      const before = part.textContent;
      const now = document.adoptNode(fresh);
      part.replaceWith(now);
      if (now.dataset.moves === "0" && before !== now.textContent) location.reload();
      else begin(now);
    });
  }, seconds * 1000);
}

function begin(part) {
  for (const place of part.querySelectorAll("[data-countdown]")) {
    if (place.closest("[data-pay-code]")) continue;
    runDown(place, () => { if (place.dataset.then === "reload") location.reload(); });
  }
  if (part.dataset?.moves) move(part);
}

document.querySelectorAll("[data-moves]").forEach(begin);
for (const place of document.querySelectorAll("[data-countdown]")) {
  if (place.closest("[data-moves], [data-pay-code]")) continue;
  runDown(place, () => { if (place.dataset.then === "reload") location.reload(); });
}

// A payment code: made by a form, never by opening an address; gone from the page while the page is hidden.
function renew(part) {
  const form = part.querySelector("[data-renews]");
  const body = new URLSearchParams(new FormData(form)).toString();
  read("POST", form.action, body, (page) => {
    const fresh = page?.getElementById(part.id);
    if (!fresh) return;
    const now = document.adoptNode(fresh);
    part.replaceWith(now);
    watch(now);
  });
}

function watch(part) {
  const place = part.querySelector("[data-countdown]");
  if (place) runDown(place, () => { if (!document.hidden) renew(part); });
}

const first = document.querySelector("[data-pay-code]");
if (first) {
  if (document.hidden || first.querySelector("[data-shown]")) watch(first);
  else renew(first);
  document.addEventListener("visibilitychange", () => {
    const part = document.querySelector("[data-pay-code]");
    const shown = part.querySelector("[data-shown]");
    if (document.hidden) {
      shown?.remove();
      part.querySelector("[data-covered]")?.removeAttribute("hidden");
    } else renew(part);
  });
}
