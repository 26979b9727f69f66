# shellcheck shell=bash
# `build embedded` makes driver/target/dist for the embedded Spark, `build submit` makes driver/target/lora-spark.jar for
# spark-submit; each only when it is missing or older than a source.

# Prints what shows that build $1 is complete.
stamp_of() {
    if [ "$1" = submit ]; then printf '%s\n' "$JAR"; else printf '%s\n' "$DIST/spark/RELEASE"; fi
}

is_built() {
    local stamp newer
    stamp=$(stamp_of "$1")
    [ -f "$stamp" ] || return 1
    newer=$(find "$ROOT/pom.xml" "$ROOT"/{executors,driver}/{pom.xml,src/main} -newer "$stamp" -print -quit)
    [ -z "$newer" ]
}

# The log stays quiet unless the build fails. A lock keeps two terminals from building at once.
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
        say "Building lora-spark (the first time fetches about 600 MB of libraries) ..."
        # Jars of another version or profile must not stay on the class path.
        rm -rf -- "$DIST" "$JAR"
        if ! run_maven -q -DskipTests -Dspotless.check.skip=true ${extra[@]+"${extra[@]}"} package > "$log" 2>&1; then
            tail -n 40 -- "$log" >&2
            say "lora-spark: the build failed; the whole log is $log"
            exit 1
        fi
        # Spark takes a folder with a file RELEASE and jars/ for an installed distribution.
        cp -- "$ROOT"/driver/target/lora-spark-driver-*.jar "$DIST/lib/"
        : > "$DIST/spark/RELEASE"
    fi
    exec 9>&-
}
