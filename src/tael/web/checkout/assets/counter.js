// The counter: keys for the amount, a scanner that types wherever it likes, and how far a charge is.

const till = document.querySelector("[data-till]");
const charge = document.querySelector("[data-charge]");
const FASTER_THAN_FINGERS_MILLISECONDS = 40;
const SHORTEST_CODE = 10;
const ASK_MILLISECONDS = 1000;

if (till) {
  const amount = till.elements.namedItem("amount");
  const code = till.elements.namedItem("code");
  const pad = till.querySelector("[data-pad]");
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]");
    if (key) amount.value = key.dataset.key ? amount.value + key.dataset.key : "";
  });

  // A scanner is a keyboard that is faster than fingers. What it types belongs into the code, wherever the cursor is.
  let typed = "";
  let last = 0;
  let before = "";
  document.addEventListener("keydown", (event) => {
    const fast = event.timeStamp - last < FASTER_THAN_FINGERS_MILLISECONDS;
    last = event.timeStamp;
    if (event.key.length === 1) {
      if (!fast || !typed) before = amount.value;
      typed = fast ? typed + event.key : event.key;
      return;
    }
    if (event.key !== "Enter") return;
    const scanned = fast && typed.length >= SHORTEST_CODE;
    if (scanned && document.activeElement !== code) {
      event.preventDefault();
      if (document.activeElement === amount) amount.value = before;
      code.value = typed;
      till.requestSubmit();
    } else if (document.activeElement === amount) {
      event.preventDefault();
      code.focus();
    }
    typed = "";
  });
  let sent = false;
  till.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}

if (charge) {
  const print = charge.querySelector("[data-print]");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
  const says = charge.querySelector("[data-says]");
  const ask = async () => {
    if ("ended" in charge.dataset) return;
    try {
      const answer = await fetch(charge.dataset.charge, { cache: "no-store" });
      if (answer.ok) {
        const told = await answer.json();
        if (says.textContent !== told.says) says.textContent = told.says;
        for (const line of document.querySelectorAll(`[data-of="${told.id}"]`)) line.textContent = told.says;
        charge.dataset.state = told.state;
        if (told.ended) charge.dataset.ended = "";
      }
    } finally {
      if (!("ended" in charge.dataset)) setTimeout(ask, ASK_MILLISECONDS);
    }
  };
  if (!("ended" in charge.dataset)) setTimeout(ask, ASK_MILLISECONDS);
}
