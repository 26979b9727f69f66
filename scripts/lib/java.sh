# shellcheck shell=bash
# Finds a JDK of version 17 to 23 and exports JAVA_HOME. A JRE is passed over: the build needs javac. From 24 on Java
# lacks Subject.getSubject, which the Hadoop client of Spark 4.1 calls.

JDK_WANTED='JDK 17 to 23'

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
    version=$(jdk_version "$1") && [ "$version" -ge 17 ] && [ "$version" -le 23 ]
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
    while IFS= read -r home; do
        if is_usable_jdk "$home"; then
            printf '%s\n' "$home"
            return
        fi
    done < <(printf '%s\n' "${JVM_FOLDER:-/usr/lib/jvm}"/* | sort -V)
    return 1
}

# Prints the Debian or Ubuntu package to install: each release carries at least one of the two.
jdk_package() {
    local package
    for package in openjdk-17-jdk-headless openjdk-21-jdk-headless; do
        if [ -n "$(apt-cache --no-all-versions show "$package" 2> /dev/null)" ]; then break; fi
    done
    printf '%s\n' "$package"
}

install_jdk() {
    local package
    if ! command -v apt-get > /dev/null; then
        refuse "no $JDK_WANTED found; install one and set JAVA_HOME to its folder"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        refuse "no $JDK_WANTED found; type: sudo apt-get update && sudo apt-get install -y $(jdk_package)"
    fi
    apt-get update -qq > /dev/null || refuse "no $JDK_WANTED found, and apt-get update failed"
    package=$(jdk_package)
    say "No $JDK_WANTED found: installing $package"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" > /dev/null \
        || refuse "apt-get cannot install $package; install a $JDK_WANTED and set JAVA_HOME to its folder"
}

use_jdk() {
    local home
    if ! home=$(find_jdk); then
        install_jdk
        home=$(find_jdk) || refuse "no $JDK_WANTED found after the installation; set JAVA_HOME to the folder of one"
    fi
    if [ -n "${JAVA_HOME:-}" ] && [ "$home" != "$JAVA_HOME" ]; then
        say "lora-spark: JAVA_HOME is $JAVA_HOME, which is no $JDK_WANTED; using $home"
    fi
    export JAVA_HOME=$home
    export PATH=$JAVA_HOME/bin:$PATH
}
