# shellcheck shell=bash
# Finds a JDK of version 17 or newer and exports JAVA_HOME. A JRE is passed over: the build needs javac.

# Prints the major version of the JDK in folder $1; fails when there is none.
jdk_version() {
    local version
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    version=$("$1/bin/javac" -version 2>&1) || return 1
    version=${version#javac }
    version=${version%%[!0-9]*}
    [ -n "$version" ] && printf '%s\n' "$version"
}

is_usable_jdk() {
    local version
    version=$(jdk_version "$1") && [ "$version" -ge 17 ]
}

# Prints the folder of the first usable JDK: JAVA_HOME, the one of PATH, then what packages install.
find_jdk() {
    local home
    if [ -n "${JAVA_HOME:-}" ] && is_usable_jdk "$JAVA_HOME"; then
        printf '%s\n' "$JAVA_HOME"
        return
    fi
    if home=$(command -v javac) && home=$(readlink -f -- "$home"); then
        home=$(dirname -- "$(dirname -- "$home")")
        if is_usable_jdk "$home"; then
            printf '%s\n' "$home"
            return
        fi
    fi
    # Version sort puts 17 before 21 and 25: Spark is tested most on the oldest one it allows.
    while IFS= read -r home; do
        if is_usable_jdk "$home"; then
            printf '%s\n' "$home"
            return
        fi
    done < <(printf '%s\n' "${JVM_FOLDER:-/usr/lib/jvm}"/* | sort -V)
    return 1
}

install_jdk() {
    local package=openjdk-17-jdk-headless
    if ! command -v apt-get > /dev/null; then
        refuse "no JDK 17 or newer found; install one and set JAVA_HOME to its folder"
    fi
    # A release that no longer carries 17 has default-jdk-headless, which is newer.
    if [ "$(id -u)" -ne 0 ]; then
        refuse "no JDK 17 or newer found; type: sudo apt-get install -y $package"
    fi
    say "No JDK 17 or newer found: installing $package"
    apt-get update -qq > /dev/null || refuse "apt-get update failed; install a JDK 17 or newer by hand"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" > /dev/null 2>&1 \
        || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq default-jdk-headless > /dev/null \
        || refuse "the installation failed; type: apt-get install -y $package"
}

use_jdk() {
    if ! JAVA_HOME=$(find_jdk); then
        install_jdk
        JAVA_HOME=$(find_jdk) || refuse "the installed JDK is older than 17; set JAVA_HOME to a newer one"
    fi
    export JAVA_HOME
    export PATH=$JAVA_HOME/bin:$PATH
}
