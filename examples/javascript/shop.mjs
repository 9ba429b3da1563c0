// A shop sells two cups of tea: it shows where to pay, hears by webhook that the money is there, and gives a part back.
//
//     export TAEL_URL=http://127.0.0.1:8080 TAEL_KEY=tael_test_…
//     node examples/javascript/shop.mjs
//
// With TAEL_KEY_ID=sgk_… and TAEL_PRIVATE_KEY=private.pem each request is signed (Ed25519).

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

import { Refused, Tael, verifyWebhook } from "./tael.mjs";

const { TAEL_URL, TAEL_KEY, TAEL_KEY_ID, TAEL_PRIVATE_KEY, ORDER = "order-1001" } = process.env;
const signing = TAEL_KEY_ID && { keyId: TAEL_KEY_ID, privateKey: readFileSync(TAEL_PRIVATE_KEY, "utf8") };
const tael = new Tael(TAEL_URL, TAEL_KEY, signing);

// 1. A server that hears what happens. Tael comes again until it is answered with 2xx, so an event may come twice.
const seen = new Set();
let endpoint;
let paid;
const isPaid = new Promise((resolve) => (paid = resolve));
const server = createServer(async (request, response) => {
  try {
    const event = verifyWebhook(request.headers, await buffer(request), endpoint.secret);
    if (!seen.has(event.id)) {
      seen.add(event.id);
      if (event.type === "payment.captured" && event.data.object.reference === ORDER) paid(event.data.object);
    }
    response.writeHead(204).end();
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
endpoint = await tael.post("/v1/webhook_endpoints", {
  url: `http://127.0.0.1:${server.address().port}/tael`,
  events: ["payment.captured"],
});

// 2. The bill, and where the customer pays it. The key is our own order number: asked twice, it is one session.
const session = await tael.post(
  "/v1/checkout_sessions",
  {
    currency: "CNY",
    reference: ORDER,
    description: "Two cups of Longjing",
    line_items: [{ name: "Longjing", quantity: 2, unit_minor: 640 }],
  },
  `${ORDER}-session`,
);
console.log("Your customer pays here:", session.url);

// 3. The money is there.
const payment = await isPaid;
console.log(`Paid: ${payment.captured_minor} ${payment.currency}`);

// 4. One cup was cold.
const path = `/v1/payments/${payment.id}/refunds`;
const begun = await tael.post(path, { amount_minor: 640, note: "One cup was cold" }, `${ORDER}-cold-cup`);
const refund = await tael.once(`/v1/refunds/${begun.id}`, ({ state }) => ["succeeded", "failed"].includes(state));
console.log(`Given back: ${refund.amount_minor}, which has ${refund.state}`);
try {
  await tael.post(path, { amount_minor: 5000 });
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.log(`Refused: ${error.code}; ${error.problem.refundable_minor} can still be given back`);
}

await tael.post(`/v1/webhook_endpoints/${endpoint.id}/remove`);
server.close();
