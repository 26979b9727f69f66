# shellcheck shell=bash
# What every script shares: messages and the place of the project. Sourced, never run.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034  # used by the scripts that source this
DIST=$ROOT/driver/target/dist
# shellcheck disable=SC2034
JAR=$ROOT/driver/target/lora-spark.jar

say() { printf '%s\n' "$*" >&2; }

# Exit status 2: the machine or the command line needs the user's hand.
refuse() {
    say "lora-spark: $*"
    exit 2
}

case $(uname -sm) in
    'Linux x86_64') ;;
    *) refuse "the native libraries are for Linux on x86-64; this machine is $(uname -sm)" ;;
esac
