# shellcheck shell=bash
# The web app: its packages, and its build.
#
#   ui_packages      installs what the lock file names, unless it is there
#   ui_build         the same, and builds it

ui_folder=${repository:?}/crates/dashboard/ui

ui_packages() {
    local lock="$ui_folder/package-lock.json" installed="$ui_folder/node_modules/.installed"
    cmp --silent "$lock" "$installed" && return
    (cd "$ui_folder" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    cp "$lock" "$installed"
}

ui_build() {
    ui_packages
    (cd "$ui_folder" && npm run --silent build)
}
