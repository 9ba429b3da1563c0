// A page that shows how things are is read again now and then: not while it is hidden, and not under somebody's hands.

const seconds = Number(document.querySelector("[data-renews]")?.dataset.renews);

function isAtRest() {
  const held = document.activeElement && document.activeElement !== document.body;
  return document.visibilityState === "visible" && !held && String(document.getSelection()) === "";
}

if (seconds > 0) {
  setInterval(() => {
    if (isAtRest()) location.reload();
  }, seconds * 1000);
}
