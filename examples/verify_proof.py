"""Is this entry in those books? `verify_proof.py proof.json KEPT`, offline; pip install cryptography (SM2: gmssl-pyx).

KEPT is what you trust: the ledger's public key (`ed25519:9f3c…`), or a file of heads that it once gave to you.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def verify(proof: dict[str, Any], kept: str) -> list[Any]:
    """What the entry says; raises an exception if the proof is worth nothing."""
    *_, rows, root, _previous, _sealed_at, key = json.loads(proof["header"])
    algorithm, _, public = key.partition(":")
    hash_name = "sm3" if algorithm == "sm2" else "sha256"
    hashed = hashlib.new(hash_name, b"\x00" + proof["leaf"].encode()).digest()
    path = [bytes.fromhex(beside) for beside in proof["path"]]
    position, last = proof["position"], rows - 1
    fits = 0 <= position <= last
    while fits and last:  # up the tree, as in RFC 6962
        if position % 2 or position < last:
            pair = path.pop(0) + hashed if position % 2 else hashed + path.pop(0)
            hashed = hashlib.new(hash_name, b"\x01" + pair).digest()
        position, last = position // 2, last // 2
    head = hashlib.new(hash_name, b"\x02" + proof["header"].encode()).digest()
    heads = [json.loads(line)["head"] for line in kept.splitlines() if line.startswith("{")]
    if not fits or path or hashed.hex() != root:
        raise ValueError("the entry is not in this block")
    if head.hex() not in heads if heads else key != kept.strip():
        raise ValueError("the block is not from the books that you trust")
    signature = bytes.fromhex(proof["signature"])
    if algorithm == "sm2":
        from gmssl_pyx import sm2_verify  # type: ignore[import-untyped]

        if not sm2_verify(bytes.fromhex(public), head, signature):
            raise ValueError("the signature is wrong")
    else:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, head)
    said: list[Any] = json.loads(proof["leaf"])
    return said


if __name__ == "__main__":
    kept_file = Path(sys.argv[2])
    kept_text = kept_file.read_text("utf-8") if kept_file.is_file() else sys.argv[2]
    for part in verify(json.loads(Path(sys.argv[1]).read_text("utf-8")), kept_text):
        print(part)  # noqa: T201
