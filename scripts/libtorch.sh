#!/usr/bin/env bash
# Puts the CPU half of libtorch 2.11.0 into ./libtorch, from the PyTorch wheel and two small ones that its libraries are linked to.
# In: python3 with pip, a package index that pip can reach, about 1.5 GB of free disk (0.5 GB afterwards).
# Out: libtorch/{include,lib,build-version}; built in libtorch.part and renamed at the end, so a killed run leaves nothing half done.
# A second run sees the stamp and returns at once. `tch` 0.24 pairs with exactly this version of libtorch.
set -euo pipefail

version=2.11.0
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}

die() { printf 'libtorch: %s\n' "$*" >&2; exit 1; }
use_pytorch="Install PyTorch $version in a Python environment and build with LIBTORCH_USE_PYTORCH=1 instead."

if [ -n "${LIBTORCH_USE_PYTORCH+set}" ]; then
    found=$("$python" -c 'import torch; print(torch.__version__)' 2>/dev/null) \
        || die "LIBTORCH_USE_PYTORCH is set, but '$python' cannot import torch. Install torch==$version there or unset the variable."
    case $found in
        "$version"|"$version"+*) echo "libtorch: using PyTorch $found of $python"; exit 0 ;;
        *) die "LIBTORCH_USE_PYTORCH is set, but '$python' has PyTorch $found; tch needs $version." ;;
    esac
fi

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64)
        platforms=(manylinux_2_28_x86_64 manylinux_2_25_x86_64 manylinux_2_17_x86_64 manylinux2014_x86_64)
        wheels=(
            "torch==$version --hash=sha256:7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"
            "nvidia-cuda-cupti==13.0.85 --hash=sha256:4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
            "nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"
        ) ;;
    *) die "no wheels are pinned for $(uname -s) on $(uname -m). $use_pytorch" ;;
esac

# The folder may be a link to one that several checkouts share.
target=$root/libtorch
if [ -L "$target" ]; then target=$(readlink -f "$target") || die "the link $root/libtorch points into a folder that does not exist."; fi
part=$target.part
pins=$(printf '%s\n' "${wheels[@]}")

if [ -f "$target/.pins" ] && [ "$(cat "$target/.pins")" = "$pins" ]; then echo "libtorch: $version is in $target"; exit 0; fi
[ -z "${LIBTORCH:-}" ] || [ "$(readlink -m "$LIBTORCH")" = "$target" ] \
    || die "LIBTORCH is set to $LIBTORCH, so a build would not look into $target. Unset it, or keep it and leave out this step."

command -v "$python" >/dev/null || die "'$python' was not found. Install Python 3 (or set PYTHON=). $use_pytorch"
"$python" -m pip --version >/dev/null 2>&1 || die "'$python' has no pip (try: $python -m ensurepip, or the package python3-pip)."
mkdir -p "$(dirname "$target")"
free_kb=$(df -Pk "$(dirname "$target")" | awk 'NR==2 {print $4}')
[ "$free_kb" -ge 1600000 ] || die "needs 1.6 GB of free disk for $(dirname "$target"); there are $((free_kb / 1024)) MB."

rm -rf "$part"
trap 'rm -rf "$part"' EXIT
mkdir -p "$part/wheels" "$part/lib"
printf '%s\n' "$pins" >"$part/.pins"

echo "libtorch: downloading $version (540 MB) with pip"
tags=()
for platform in "${platforms[@]}"; do tags+=(--platform "$platform"); done
"$python" -m pip download --disable-pip-version-check --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
    --python-version 3.11 --implementation cp --abi cp311 --abi none "${tags[@]}" \
    --dest "$part/wheels" --requirement "$part/.pins" \
    || die "pip could not download the wheels (its message is above): is a package index reachable, is the disk full? $use_pytorch"

echo "libtorch: unpacking"
"$python" - "$part" <<'PYTHON' || die "the wheels could not be unpacked (the message is above; a full disk is the usual cause)."
import shutil, sys, zipfile
from pathlib import Path

part = Path(sys.argv[1])
libraries = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcupti.so.13", "libcudart.so.13"}
missing = set(libraries)
for wheel in sorted((part / "wheels").glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.namelist():
            path = Path(entry)
            if entry.startswith("torch/include/") and not entry.endswith("/"):
                out = part / path.relative_to("torch")
            elif path.parent.name == "lib" and path.name in libraries:
                out = part / "lib" / path.name
                missing.discard(path.name)
            else:
                continue
            if ".." in path.parts:
                sys.exit(f"{wheel.name}: refusing the path {entry}")
            out.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, open(out, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
if missing:
    sys.exit(f"the wheels lack {', '.join(sorted(missing))}")
PYTHON
rm -rf "$part/wheels"
# A linker script in place of the wheel's stub library, which would pull in every CUDA library.
echo 'INPUT(-ltorch_cpu)' >"$part/lib/libtorch.so"
echo "$version" >"$part/build-version"

rm -rf "$target"
mv "$part" "$target"
trap - EXIT
echo "libtorch: $version is in $target"
