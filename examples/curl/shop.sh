#!/usr/bin/env bash
# A shop sells two cups of tea, shows where to pay, waits for the money, and gives back one cup that was cold.
#
#     export TAEL_URL=http://127.0.0.1:8080 TAEL_KEY=tael_test_…
#     examples/curl/shop.sh
set -euo pipefail
order=${ORDER:-order-1001}

# Calls Tael. If the connection breaks, or the answer is "not now" (429, 5xx), curl asks again, after Retry-After seconds.
# That is safe, because what changes something goes under an Idempotency-Key: the same key has one effect.
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
tael() {
    local path=$1 status
    shift
    status=$(curl --silent --max-time 15 --retry 5 --retry-all-errors --retry-max-time 60 \
        -H "Authorization: Bearer $TAEL_KEY" -H "Content-Type: application/json" \
        -o "$answer" -w '%{http_code}' "$TAEL_URL$path" "$@")
    cat "$answer"
    [[ $status == 2* ]]
}

# The field of a JSON object on standard input.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# The object at an address as soon as its state is one of these.
once() {
    local path=$1 object state
    shift
    for _ in $(seq 300); do
        object=$(tael "$path")
        state=$(field state <<<"$object")
        for wanted in "$@"; do [[ $state == "$wanted" ]] && printf '%s' "$object" && return; done
        sleep 0.5
    done
    echo "$path is still $state" >&2
    return 1
}

payment=$(tael /v1/payments -H "Idempotency-Key: $order" -d '{
    "amount_minor": 1280, "currency": "CNY", "reference": "'"$order"'", "description": "Two cups of Longjing"}')
id=$(field id <<<"$payment")
echo "Your customer pays here: $(field checkout_url <<<"$payment")"

paid=$(once "/v1/payments/$id" captured failed expired canceled)
echo "It is $(field state <<<"$paid"), with $(field captured_minor <<<"$paid") of 1280"

refund=$(tael "/v1/payments/$id/refunds" -H "Idempotency-Key: $order-cold-cup" \
    -d '{"amount_minor": 640, "note": "One cup was cold"}')
refund=$(once "/v1/refunds/$(field id <<<"$refund")" succeeded failed)
echo "Given back: $(field amount_minor <<<"$refund"), which has $(field state <<<"$refund")"

echo "Asking for more than is left is refused:"
tael "/v1/payments/$id/refunds" -H "Idempotency-Key: $order-too-much" -d '{"amount_minor": 5000}' || echo
