// Ask a passkey of this browser, and send what it answers with the form around the button. A question is fetched only when
// somebody presses it: to make a key (`create`) or to use one (`get`). Without a script, or a browser without passkeys, the button
// stays hidden, and the other ways on the page remain. (W3C Web Authentication, level 3)

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const described = (keys = []) => keys.map((key) => ({ ...key, id: bytesOf(key.id) }));

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: bytesOf(options.user.id) },
      excludeCredentials: described(options.excludeCredentials),
    },
  });
  return told(made, {
    attestationObject: textOf(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function get(options) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      allowCredentials: described(options.allowCredentials),
    },
  });
  const { authenticatorData, signature, userHandle } = used.response;
  return told(used, {
    authenticatorData: textOf(authenticatorData),
    signature: textOf(signature),
    userHandle: userHandle ? textOf(userHandle) : undefined,
  });
}

function told(key, response) {
  return JSON.stringify({
    id: key.id,
    rawId: textOf(key.rawId),
    type: key.type,
    authenticatorAttachment: key.authenticatorAttachment ?? undefined,
    clientExtensionResults: key.getClientExtensionResults(),
    response: { clientDataJSON: textOf(key.response.clientDataJSON), ...response },
  });
}

async function ask(place) {
  const reply = await fetch(place.dataset.question, { headers: { Accept: "application/json" } });
  if (!reply.ok) throw new DOMException("no question", "NotFoundError");
  const { question, options } = await reply.json();
  const form = place.closest("form");
  form.elements[place.dataset.name].value = await (place.dataset.passkey === "create" ? create : get)(options);
  form.elements[`${place.dataset.name}_question`].value = question;
  form.noValidate = place.dataset.passkey === "get";
  form.requestSubmit();
}

for (const place of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  place.hidden = false;
  const said = place.querySelector("[data-passkey-trouble]");
  place.querySelector("button").addEventListener("click", async () => {
    said.textContent = "";
    try {
      await ask(place);
    } catch (error) {
      const unable = ["NotSupportedError", "NotFoundError", "SecurityError"].includes(error.name);
      said.textContent = unable ? said.dataset.unable : said.dataset.refused;
    }
  });
}
