// Deadlines tick. Without this file they say how long was left when the page was made; the day and time stand beside them.
// Counted from the server's clock, for that of a device may be wrong.

const parts = [...document.querySelectorAll("[data-until]")].map((part) => ({
  part,
  seconds: (Date.parse(part.dataset.until) - Date.parse(part.dataset.now)) / 1000,
}));

function words({ dataset }, seconds) {
  if (seconds <= 0) return dataset.over;
  const whole = { days: 86400, hours: 3600, minutes: 60, seconds: 1 };
  const left = {};
  let rest = Math.floor(seconds);
  for (const [unit, size] of Object.entries(whole)) {
    left[unit] = Math.floor(rest / size);
    rest %= size;
  }
  const template = left.days > 0 ? dataset.days : left.hours > 0 ? dataset.hours : dataset.minutes;
  return template.replace(/\{(\w+)\}/g, (_, unit) => left[unit]);
}

function tick() {
  const passed = performance.now() / 1000;
  for (const { part, seconds } of parts) {
    const text = words(part, seconds - passed);
    if (part.textContent !== text) part.textContent = text;
  }
}

tick();
setInterval(tick, 1000);
