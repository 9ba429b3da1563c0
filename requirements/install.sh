#!/usr/bin/env bash
# Makes .venv out of requirements/dev.txt, every package checked against its hash, and puts Tael itself in
# as an editable package. `make` calls it when .venv is missing or older than the lock.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
started=$SECONDS

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$({ "$python" --version || echo "not there"; } 2>/dev/null)
    echo "Tael needs Python 3.11 or later, and '$python' is $found." >&2
    echo "Name another one: make ${1:-test} PYTHON=python3.12" >&2
    exit 1
fi

version() { "$1" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null; }
[[ $(version .venv/bin/python) == "$(version "$python")" ]] || rm -rf .venv

echo "→ setting up Python packages in .venv (once, about 20 s)"
if uv --version >/dev/null 2>&1; then
    "$python" -m venv --without-pip .venv
    uv=uv
else # the lock names a uv: pip brings it, and it brings the rest in a tenth of pip's time
    "$python" -m venv .venv || {
        echo "On Debian and Ubuntu 'python3 -m venv' comes with: apt-get install python3-venv" >&2
        exit 1
    }
    sed -n '/^uv==/,/[^\\]$/p' requirements/dev.txt >.venv/uv.txt
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
    uv=.venv/bin/uv
fi
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements/dev.txt
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
touch .venv/.ready
echo "  done in $((SECONDS - started)) s"
