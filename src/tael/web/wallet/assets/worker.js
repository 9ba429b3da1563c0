// Keeps what never changes, and one page that says nothing of anybody, for when there is no network. KEPT and OFFLINE stand above,
// as the server wrote them. Pages with money, and whatever is sent, go to the network and are kept nowhere.

const CACHE = `tael-wallet-${KEPT.join(" ")}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(KEPT))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const ours = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("tael-wallet-") && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(ours());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
    return;
  }
  if (KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  }
});

// What was told comes encrypted for this browser alone. It is shown, and leads to the list of messages.
self.addEventListener("push", (event) => {
  const { id, title, body, language } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, lang: language, tag: id }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(new URL("messages", self.location.href).href));
});
