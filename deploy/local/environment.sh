#!/bin/sh
# environment.sh FOLDER REQUIREMENTS: make the virtual environment FOLDER and install the pinned REQUIREMENTS in it.
set -eu
folder=$1
requirements=$2
# The Makefile puts the environment first on the path; a new one must not be made with the Python of the old.
PATH=${PATH#"$(pwd)/$folder/bin:"}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if is_new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    echo "Livery needs Python 3.11 or newer; this machine has $(python3 --version 2>/dev/null || echo none)." >&2
    echo "Install one, or name it: make PYTHON=/path/to/python3.11 …" >&2
    return 1
}

make_environment() {
    "$1" -m venv --clear "$folder" >/dev/null 2>&1
}

# Debian keeps a part of venv in a package of its own.
install_venv() {
    package=python$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "$1 cannot make a virtual environment here. On Debian: apt-get install $package" >&2
        return 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null
}

# The programs in it name their place, so an environment that was moved does not work any more.
was_moved() {
    [ -f "$folder/.installed" ] && [ "$(cat "$folder/.installed")" != "$(pwd)" ]
}

if was_moved || ! is_new_enough "$folder/bin/python"; then
    python=$(find_python)
    echo "Making a virtual environment with $("$python" --version) …"
    make_environment "$python" || { install_venv "$python" && make_environment "$python"; }
fi

echo "Installing the pinned packages …"
# uv takes seconds where pip takes a minute; its own pin and hashes are in the same file.
sed -n '/^uv==/,/[^\\]$/p' "$requirements" > "$folder/uv.txt"
pip_install="$folder/bin/python -m pip install -q --disable-pip-version-check --require-hashes"
if [ -x "$folder/bin/uv" ] || $pip_install -r "$folder/uv.txt"; then
    "$folder/bin/uv" pip install -q --python "$folder/bin/python" --require-hashes -r "$requirements"
else
    $pip_install -r "$requirements"
fi
