// How does a program in JavaScript call Tael? With fetch and node's own crypto, and nothing to install.

import { createHmac, createHash, createPrivateKey, randomUUID, sign, timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** What Tael has refused: `code` never changes, `field` is what was wrong, `hint` what to do. */
export class Refused extends Error {
  constructor(status, problem, requestId) {
    super(`${problem.code}: ${problem.detail ?? problem.title}`);
    Object.assign(this, { status, code: problem.code, field: problem.field, hint: problem.hint, problem, requestId });
  }
}

/** Whether the same request should be sent again: nobody answered, or the answer is "not now". */
const notNow = (status, code) =>
  [429, 500, 502, 503, 504].includes(status) || code === "idempotency_in_flight" || code === "uncertain";

export class Tael {
  /**
   * @param {string} url such as https://pay.example.com
   * @param {string} key tael_…, or tael_test_… for test mode
   * @param {{keyId: string, privateKey: string}} [signing] signs each request with an Ed25519 key in PEM
   */
  constructor(url, key, signing) {
    Object.assign(this, { url, key, signing, patienceSeconds: 60 });
  }

  get(path) {
    return this.#call("GET", path);
  }

  /** A change. The Idempotency-Key stays the same over all tries, so it takes effect once. */
  post(path, body = {}, idempotencyKey = `js-${randomUUID()}`) {
    return this.#call("POST", path, JSON.stringify(body), idempotencyKey);
  }

  /** What is at an address, as soon as `ended` says so. */
  async once(path, ended, seconds = 900) {
    for (const deadline = Date.now() + seconds * 1000; ; await sleep(500)) {
      const seen = await this.get(path);
      if (ended(seen)) return seen;
      if (Date.now() > deadline) throw new Error(`${path} is still ${seen.state}`);
    }
  }

  async #call(method, path, body, idempotencyKey) {
    const deadline = Date.now() + this.patienceSeconds * 1000;
    for (let longest = 100; ; longest = Math.min(longest * 2, 5000)) {
      let pause = longest * (0.5 + Math.random() / 2);
      let failure;
      try {
        const answer = await fetch(this.url + path, {
          method,
          body,
          headers: this.#headers(method, path, body, idempotencyKey),
          signal: AbortSignal.timeout(15_000),
        });
        const isProblem = answer.headers.get("content-type")?.startsWith("application/problem+json");
        if (answer.ok && !isProblem) return await answer.json();
        const problem = isProblem ? await answer.json() : { code: "unknown", title: answer.statusText };
        failure = new Refused(answer.status, problem, answer.headers.get("x-request-id"));
        if (!notNow(answer.status, problem.code)) throw failure;
        pause = Math.max(pause, Number(answer.headers.get("retry-after") ?? 0) * 1000);
      } catch (error) {
        if (error instanceof Refused && !notNow(error.status, error.code)) throw error;
        failure = error; // the connection broke, or nobody answered in time
      }
      if (Date.now() + pause > deadline) throw failure;
      await sleep(pause);
    }
  }

  #headers(method, path, body, idempotencyKey) {
    const headers = { Authorization: `Bearer ${this.key}`, "Tael-Version": "2026-11-22" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
    return this.signing ? { ...headers, ...this.#signature(method, path, body, headers) } : headers;
  }

  /** HTTP Message Signatures (RFC 9421) over the method, the address, the body and what changes the meaning. */
  #signature(method, path, body, headers) {
    const covered = { "@method": method, "@target-uri": this.url + path, "tael-version": headers["Tael-Version"] };
    const added = {};
    if (headers["Idempotency-Key"]) covered["idempotency-key"] = headers["Idempotency-Key"];
    if (body !== undefined) {
      added["Content-Digest"] = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
      covered["content-digest"] = added["Content-Digest"];
    }
    const names = Object.keys(covered).map((name) => `"${name}"`).join(" ");
    const created = Math.floor(Date.now() / 1000);
    const parameters = `(${names});created=${created};keyid="${this.signing.keyId}";nonce="${randomUUID()}"`;
    const lines = Object.entries(covered).map(([name, value]) => `"${name}": ${value}`);
    const base = [...lines, `"@signature-params": ${parameters}`].join("\n");
    const signature = sign(null, Buffer.from(base), createPrivateKey(this.signing.privateKey)).toString("base64");
    return { ...added, "Signature-Input": `sig=${parameters}`, Signature: `sig=:${signature}:` };
  }
}

/**
 * The event in a message, if it is signed with your secret and not old; throws otherwise.
 *
 * @param {Record<string, string>} headers as node gives them, in lower case
 * @param {Buffer} body as it came, byte for byte
 * @param {string} secret whsec_…
 */
export function verifyWebhook(headers, body, secret) {
  const { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signatures = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(seconds)) <= 300)) throw new Error("The message is old, or has no time.");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${seconds}.`).update(body).digest();
  const isOurs = signatures.split(" ").some((each) => {
    const given = Buffer.from(each.replace(/^v1,/, ""), "base64");
    return each.startsWith("v1,") && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isOurs) throw new Error("No signature is that of this message.");
  return JSON.parse(body);
}
