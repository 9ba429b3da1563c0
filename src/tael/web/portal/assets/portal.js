// Keys for people who type: a palette over the pages (⌘K), help (?), and two steps to a page (g h, g p). Without this file
// the search box is a form that opens a page. A form that was sent once is not sent again. Secrets are copied by a button, and
// what moves by itself (`data-moves`: every so many seconds) is read again, without keeping anybody signed in.

const palette = document.querySelector("[data-palette]");
const help = document.querySelector("[data-help]");
const field = palette.querySelector("input");
const found = palette.querySelector("[data-found]");
const doors = [...document.querySelectorAll("[data-door]")].map((link) => ({
  words: link.textContent.trim(),
  address: link.getAttribute("href"),
}));
const STEPS = { h: "/portal/home", p: "/portal/payments", r: "/portal/refunds", t: "/portal/team" };
let chosen = -1;
let stepping = false;

function draw() {
  const text = field.value.trim().toLowerCase();
  const fitting = doors.filter((door) => door.words.toLowerCase().includes(text));
  chosen = fitting.length > 0 && text !== "" ? 0 : -1;
  found.replaceChildren(
    ...fitting.map((door, place) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = door.address;
      link.textContent = door.words;
      link.toggleAttribute("data-chosen", place === chosen);
      item.append(link);
      return item;
    }),
  );
}

function choose(step) {
  const links = [...found.querySelectorAll("a")];
  if (links.length === 0) return;
  chosen = (chosen + step + links.length) % links.length;
  links.forEach((link, place) => link.toggleAttribute("data-chosen", place === chosen));
}

function open() {
  field.value = "";
  draw();
  palette.showModal();
  field.focus();
}

function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

field.addEventListener("input", draw);
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(1);
  else if (event.key === "ArrowUp") choose(-1);
  else if (event.key === "Enter" && chosen >= 0) found.querySelectorAll("a")[chosen].click();
  else return;
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
    event.preventDefault();
    open();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "?") help.showModal();
  else if (event.key === "g") {
    stepping = true;
    setTimeout(() => (stepping = false), 1200);
  } else if (stepping && STEPS[event.key]) {
    const door = doors.find((each) => each.address.endsWith(STEPS[event.key]));
    if (door) location.assign(door.address);
  }
});

for (const dialog of [palette, help]) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copies);
    button.textContent = button.dataset.copied;
  });
}

// Fields that only one choice of another field asks for.
for (const part of document.querySelectorAll("[data-if]")) {
  const chosen = part.closest("form").elements[part.dataset.if];
  const show = () => { part.hidden = chosen.value !== part.dataset.is; };
  chosen.addEventListener("change", show);
  show();
}

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.getAttribute("aria-busy") === "true") event.preventDefault();
  else event.target.setAttribute("aria-busy", "true");
});

// Not by `fetch` and a parser: our policy lets nobody make elements of text.
function readAgain(part) {
  const address = new URL(location.href);
  address.searchParams.set("by_itself", "1");
  const request = new XMLHttpRequest();
  request.open("GET", address);
  request.responseType = "document";
  request.addEventListener("load", () => {
    const fresh = request.status === 200 && request.response?.getElementById(part.id);
    if (!fresh) return;
    part.replaceWith(document.adoptNode(fresh));
    move(fresh);
  });
  request.send();
}

function move(part) {
  const seconds = Number(part.dataset.moves);
  if (seconds > 0) setTimeout(() => readAgain(part), seconds * 1000);
}

document.querySelectorAll("[data-moves]").forEach(move);
