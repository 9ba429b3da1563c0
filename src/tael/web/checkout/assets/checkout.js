// Shows what becomes of the payment without a reload. All words and panels are in the page already:
// this sets data-state on <main>, texts and three addresses, and nothing else.

const page = document.querySelector("main");
const status = page.querySelector("[data-status]");
const code = page.querySelector("[data-code]");
const payLink = page.querySelector("[data-pay-link]");
const UNDECIDED = ["preparing", "open", "confirming"];
const POLL_MILLISECONDS = 4000;
const SILENCE_MILLISECONDS = 8000;

let deadline = Date.now() + Number(page.dataset.secondsLeft) * 1000;
let source = null;
let poller = null;
let silence = null;
let fruitless = 0;
let leaving = false;

function select(state) {
  const says = page.querySelector(`[data-panel="${state}"]`).dataset.says;
  if (status.textContent !== says) status.textContent = says;
  if (page.dataset.state === state) return;
  page.dataset.pushed = "";
  page.dataset.state = state;
  if (!UNDECIDED.includes(state)) document.title = says;
}

// To load the page again would call back a payer who is on the way to the channel's page.
function again() {
  if (!leaving) location.reload();
}

function show(told) {
  if ("sending" in page.dataset) return;
  // What a bank or a chain wants, and whether a channel's page has refused, is written by the server.
  const coming = page.dataset.state === "preparing" && told.state === "open" && page.dataset.kind !== "code";
  const back = ["go", "card"].includes(page.dataset.kind) && told.state === "open" && String(told.begun) !== page.dataset.begun;
  if (coming || back) return again();
  deadline = Date.now() + told.seconds_left * 1000;
  if (code && told.code_src && code.getAttribute("src") !== told.code_src) code.src = told.code_src;
  if (payLink) {
    payLink.hidden = !told.pay_link;
    if (told.pay_link) payLink.href = told.pay_link;
  }
  for (const name of ["paid", "refunded", "ended_at"]) {
    for (const place of page.querySelectorAll(`[data-fill="${name}"]`)) place.textContent = told[name];
  }
  select(told.state);
  if (told.ended) stop();
}

function countDown() {
  const seconds = Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = (parts[0] ? parts : parts.slice(1)).map((part, place) =>
    place || !parts[0] ? String(part).padStart(2, "0") : String(part));
  page.querySelector("[data-countdown]").textContent = clock.join(":");
  // The time is over, the truth is not known yet: pending is not failed.
  if (seconds === 0 && ["open", "preparing"].includes(page.dataset.state)) select("confirming");
}

async function ask() {
  try {
    const answer = await fetch(`${page.dataset.base}/state${location.search}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    show(told);
    // Only opening the page makes a new code; without a stream nobody else would.
    fruitless = told.state === "preparing" ? fruitless + 1 : 0;
    if (poller && fruitless > 5) again();
  } catch {
    status.textContent = page.dataset.offline;
  }
}

function poll() {
  if (!poller) poller = setInterval(ask, POLL_MILLISECONDS);
}

function listen() {
  source = new EventSource(`${page.dataset.base}/events${location.search}`);
  source.addEventListener("state", (event) => {
    clearTimeout(silence);
    show(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    status.textContent = page.dataset.offline;
    if (source.readyState === EventSource.CLOSED) poll();
  });
  // A stream tells the state at once. If it does not, something on the way holds it back.
  silence = setTimeout(poll, SILENCE_MILLISECONDS);
}

const ticker = setInterval(countDown, 1000);

function stop() {
  clearInterval(ticker);
  clearInterval(poller);
  clearTimeout(silence);
  if (source) source.close();
}

// Phones freeze a page while the payer is in the wallet's app: ask at once on coming back.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  leaving = false;
  if (UNDECIDED.includes(page.dataset.state)) ask();
});

document.addEventListener("click", (event) => {
  const stays = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!stays && event.target.closest("a[href]:not([href^='#'])")) leaving = true;
});
document.addEventListener("submit", (event) => { if (!event.defaultPrevented) leaving = true; });
window.addEventListener("pageshow", () => { leaving = false; });

listen();
