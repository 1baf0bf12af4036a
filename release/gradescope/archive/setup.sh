#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the autograder: it makes an environment of the
# grader's own, and grades a right submission there, so that what does not work fails here.
set -euo pipefail
umask 022
cd /autograder

cpu_builds=https://download.pytorch.org/whl/cpu
python=/usr/bin/python3

fail() {
    echo "The autograder is not set up: $*" >&2
    exit 1
}

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 python3-venv ||
    fail "python3 and python3-venv could not be installed." \
        "Choose Ubuntu 22.04 or newer as base image, and build again."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$("$python" --version) is too old. Choose Ubuntu 22.04 or newer as base image."

# An index that pip cannot reach would cost it minutes for every package.
index=()
if "$python" -c "import urllib.request as r; r.urlopen('$cpu_builds/torch/', timeout=10)" \
    2>/dev/null; then
    index=(--extra-index-url "$cpu_builds")
else
    echo "PyTorch's builds for processors cannot be reached; torch may bring gigabytes of CUDA."
fi
rm -rf venv
"$python" -m venv venv
venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --progress-bar off \
    --no-compile --only-binary :all: "${index[@]}" \
    --requirement source/requirements.txt --constraint source/constraints.txt ||
    fail "pip could not install the packages of requirements.txt; its errors are above."
# Python compiles what is imported, once; most modules never are.
venv/bin/python -c 'import matplotlib.pyplot, pandas, scipy.stats, torch'
venv/bin/python -m compileall -q source/grader
rm -rf /var/lib/apt/lists/*

# As run_autograder has it while it grades, and says why.
mkdir -p results
chmod 700 /root source results
chmod go-w /tmp /var/tmp /dev/shm
venv/bin/python source/self_test.py
chmod 1777 /tmp /var/tmp /dev/shm
