// Subscribe this browser to our messages, and send what it answers with the form around the button: the browser asks its owner first.
// Without a script, a worker or push services the button stays hidden. (W3C Push API)

const form = document.querySelector("form[data-push-key]");
const trouble = document.querySelector("[data-push-trouble]");

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("not allowed");
  const registration = await navigator.serviceWorker.ready;
  const applicationServerKey = bytesOf(form.dataset.pushKey);
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

if (form && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    try {
      const { endpoint, keys } = (await subscribe()).toJSON();
      form.elements.endpoint.value = endpoint;
      form.elements.p256dh.value = keys.p256dh;
      form.elements.auth.value = keys.auth;
      form.submit();
    } catch {
      trouble.hidden = false;
      form.removeAttribute("aria-busy");
    }
  });
}
