# shellcheck shell=bash
# Runs Maven: the installed one when it is 3.8 or newer, otherwise the release that
# .mvn/wrapper/maven-wrapper.properties names, fetched once into ~/.m2/wrapper/dists and checked against its SHA-256.

wrapper_property() {
    sed -n "s/^$1=//p" "$ROOT/.mvn/wrapper/maven-wrapper.properties"
}

is_usable_maven() {
    local version major minor
    version=$(mvn --version 2> /dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p') || return 1
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    [ "${major:-0}" -gt 3 ] || { [ "${major:-0}" -eq 3 ] && [ "${minor:-0}" -ge 8 ]; }
}

download() {
    if command -v curl > /dev/null; then
        curl -fsSL --retry 3 -o "$2" "$1"
    elif command -v wget > /dev/null; then
        wget -q -O "$2" "$1"
    else
        "$JAVA_HOME/bin/java" "$ROOT/scripts/lib/Download.java" "$1" "$2"
    fi
}

# Prints the folder of the wrapper's Maven. The folder appears by renaming, so a broken download leaves nothing.
wrapper_maven() {
    local url sum name dists home work
    url=$(wrapper_property distributionUrl)
    sum=$(wrapper_property distributionSha256Sum)
    name=$(basename -- "$url" -bin.zip)
    dists=${MAVEN_USER_HOME:-$HOME/.m2}/wrapper/dists
    home=$dists/$name-${sum:0:8}
    if [ ! -x "$home/bin/mvn" ]; then
        say "Fetching $name"
        work=$(mkdir -p -- "$dists" && mktemp -d -- "$dists/.fetch-XXXXXX") || refuse "cannot write in $dists"
        if ! download "$url" "$work/maven.zip"; then
            rm -rf -- "$work"
            refuse "cannot download $url; check the network, or install Maven 3.8 or newer"
        fi
        if ! printf '%s  %s\n' "$sum" "$work/maven.zip" | sha256sum --check --status; then
            rm -rf -- "$work"
            refuse "the SHA-256 of $url is not the one in .mvn/wrapper/maven-wrapper.properties"
        fi
        # The JDK's own unzip: machines without unzip are common, machines without a JDK do not come this far.
        if ! (cd -- "$work" && "$JAVA_HOME/bin/jar" xf maven.zip); then
            rm -rf -- "$work"
            refuse "cannot unpack $name in $dists"
        fi
        chmod +x -- "$work/$name/bin/mvn"
        mv -T -- "$work/$name" "$home" 2> /dev/null || [ -x "$home/bin/mvn" ]
        rm -rf -- "$work"
    fi
    printf '%s\n' "$home"
}

# Sets MAVEN to the command to run; downloads it when the machine has none.
find_maven() {
    if is_usable_maven; then
        MAVEN=mvn
    else
        MAVEN=$(wrapper_maven)/bin/mvn || exit
    fi
}

# run_maven ARGUMENT...: in the project's folder, whatever the caller's.
run_maven() {
    (cd -- "$ROOT" && "$MAVEN" -B "$@")
}
