# shellcheck shell=bash
# `build embedded` makes driver/target/dist for the embedded Spark, `build submit` makes driver/target/lora-spark.jar
# beside it for spark-submit; each only when it is missing, older than a source or built with other Maven options.

# Spark takes a folder with jars/ and a file RELEASE for an installed distribution; this one holds the Maven options.
STAMP=$DIST/spark/RELEASE

is_built() {
    local newer
    [ -f "$STAMP" ] && [ "$(cat -- "$STAMP")" = "${LORA_SPARK_MAVEN_ARGS:-}" ] || return 1
    [ "$1" = embedded ] || [ -f "$JAR" ] || return 1
    newer=$(find "$ROOT/pom.xml" "$ROOT"/{executors,driver}/{pom.xml,src/main} -newer "$STAMP" -print -quit)
    [ -z "$newer" ]
}

# Of a failed build the errors are shown, the rest is in the log. A lock keeps two terminals from building at once.
build() {
    local kind=$1
    if is_built "$kind"; then
        return
    fi
    local log=$ROOT/target/build.log extra
    read -r -d '' -a extra < <(printf '%s' "${LORA_SPARK_MAVEN_ARGS:-}") || true
    if [ "$kind" = submit ]; then extra+=(-Psubmit); fi
    mkdir -p -- "$ROOT/target"
    exec 9> "$ROOT/target/.build.lock"
    if command -v flock > /dev/null; then
        flock 9
    fi
    if ! is_built "$kind"; then
        find_maven
        say "Building lora-spark; its log is target/build.log"
        # Jars of another version or profile must not stay on the class path.
        rm -rf -- "$DIST" "$JAR"
        if ! run_maven -DskipTests -Dspotless.check.skip=true ${extra[@]+"${extra[@]}"} package > "$log" 2>&1; then
            grep -m 20 '^\[ERROR\] .' "$log" >&2 || tail -n 20 -- "$log" >&2
            if grep -q 'Unknown host\|Could not transfer artifact\|offline mode' "$log"; then
                refuse "Maven cannot fetch the libraries; check the network and run the same command again"
            fi
            say "lora-spark: the build failed; the whole log is $log"
            exit 1
        fi
        cp -- "$ROOT"/driver/target/lora-spark-driver-*.jar "$DIST/lib/"
        printf '%s' "${LORA_SPARK_MAVEN_ARGS:-}" > "$STAMP"
    fi
    exec 9>&-
}
