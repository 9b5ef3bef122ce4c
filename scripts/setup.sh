#!/usr/bin/env bash
# Installs what the build and the tests need and is not there, by the names of Debian's packages; where that is not possible it
# says exactly what to install and ends with 1. What is there is found by looking for the thing itself, so it does not matter how
# it came there, and a second run does nothing.
set -euo pipefail

packages=()
problems=()

need() { # need PACKAGE COMMAND...: any of the commands will do
    local package=$1 command
    shift
    for command in "$@"; do
        if command -v "$command" >/dev/null 2>&1; then return; fi
    done
    packages+=("$package")
}

need_file() { # need_file PACKAGE PATTERN...: any file that fits will do
    local package=$1 pattern
    shift
    for pattern in "$@"; do
        if compgen -G "$pattern" >/dev/null; then return; fi
    done
    packages+=("$package")
}

if ! command -v cargo >/dev/null 2>&1; then
    problems+=("The Rust toolchain is missing: install rustup (your system's package \"rustup\", or its own installer), then: rustup default stable")
else
    manifest="$(dirname "$0")/../Cargo.toml"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$manifest" | head -n 1)
    found=$(rustc --version | awk '{ print $2 }')
    if [ "$(printf '%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" != "$wanted" ]; then
        problems+=("Rust $found is too old, $wanted is needed: rustup update stable")
    fi
fi

need pkg-config pkg-config pkgconf
need cmake cmake
need g++ g++ c++ clang++
need gcc cc
need make make
need python3 python3
need chromium-headless-shell chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable
need_file fonts-dejavu-core '/usr/share/fonts/truetype/*/*.ttf' '/usr/share/fonts/*/*.ttf' '/usr/share/fonts/*.ttf' '/usr/local/share/fonts/*/*.ttf'
# libclang-cpp is another library, which comes without this one too.
need_file libclang-dev {/usr/lib/llvm-*/lib,/usr/lib/*,/usr/lib,/usr/lib64,"${LIBCLANG_PATH:-/nonexistent}"}/libclang{,-[0-9]*}.so*
# A model's weights come in packages that pip fetches; without pip everything else still works.
if ! command -v pip >/dev/null 2>&1 && ! command -v pip3 >/dev/null 2>&1 && ! python3 -m pip --version >/dev/null 2>&1; then
    packages+=(python3-pip)
fi

if [ "${#packages[@]}" -gt 0 ]; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
    install=(apt-get install --yes --no-install-recommends "${packages[@]}")
    can_install=no
    if command -v apt-get >/dev/null 2>&1; then
        if [ "$(id -u)" -eq 0 ]; then
            can_install=yes
        elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            can_install=yes
        fi
    fi
    if [ "$can_install" = yes ]; then
        echo "installing: ${packages[*]}" >&2
        # Package lists may be old or absent; an update that fails is only told when the installation fails too.
        "${as_root[@]}" apt-get update >/dev/null 2>&1 || true
        if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2; then
            problems+=("apt-get could not install all of: ${packages[*]}. Read its message above, then run this again.")
        fi
    elif command -v apt-get >/dev/null 2>&1; then
        problems+=("Missing, and only an administrator can install it: sudo ${install[*]}")
    else
        problems+=("Missing; install what your system calls these Debian packages: ${packages[*]}")
    fi
fi

if [ "${#problems[@]}" -gt 0 ]; then
    printf 'setup: %s\n' "${problems[@]}" >&2
    exit 1
fi
