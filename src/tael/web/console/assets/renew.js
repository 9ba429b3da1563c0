// A page that shows how things are is read again now and then: not while it is hidden, and not under somebody's hands.
// It says that it does so by itself: that keeps nobody signed in.

const seconds = Number(document.querySelector("[data-renews]")?.dataset.renews);

function isAtRest() {
  const held = document.activeElement && document.activeElement !== document.body;
  return document.visibilityState === "visible" && !held && String(document.getSelection()) === "";
}

if (seconds > 0) {
  setInterval(() => {
    if (!isAtRest()) return;
    const address = new URL(location.href);
    address.searchParams.set("by_itself", "1");
    location.replace(address);
  }, seconds * 1000);
}
