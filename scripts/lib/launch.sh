# shellcheck shell=bash
# Starts org.loraspark.cli.Main on the embedded Spark.

# Prints the driver's heap: LORA_SPARK_DRIVER_MEMORY, or a quarter of the memory, 1 to 4 GB. The rest is for the
# arrays and the model, which live outside the heap.
driver_memory() {
    local kilobytes=8388608 megabytes
    if [ -n "${LORA_SPARK_DRIVER_MEMORY:-}" ]; then
        printf '%s\n' "$LORA_SPARK_DRIVER_MEMORY"
        return
    fi
    if [ -r /proc/meminfo ]; then
        kilobytes=$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)
    fi
    megabytes=$((kilobytes / 4096))
    if [ "$megabytes" -gt 4096 ]; then megabytes=4096; fi
    if [ "$megabytes" -lt 1024 ]; then megabytes=1024; fi
    printf '%sm\n' "$megabytes"
}

# The value of --master among the arguments, local[*] without one.
master_of() {
    local master='local[*]'
    while [ $# -gt 0 ]; do
        case $1 in
            --master=*) master=${1#--master=} ;;
            --master) master=${2:-} ;;
        esac
        shift
    done
    printf '%s\n' "$master"
}

# The JVM options that Spark needs, from the one list in pom.xml.
jvm_opens() {
    sed -n '/<jvm.opens>/,/<\/jvm.opens>/p' "$ROOT/pom.xml" | sed 's/<[^>]*>//g'
}

# launch ARGUMENT...: replaces this process.
launch() {
    local master options extra
    master=$(master_of "$@")
    read -r -d '' -a options < <(jvm_opens) || true
    # What is large lives outside the heap: a collector with little memory of its own, and a young generation that does
    # not grow into memory that weights need. The same for executors is in SparkSessions.
    options+=("-Xmx$(driver_memory)" -XX:+UseSerialGC -Xms64m -XX:NewSize=32m -XX:MaxNewSize=64m)
    case $master in
        # Executors on this machine read the jars where they lie; those on others are sent them.
        local*) options+=("-Dspark.executor.extraClassPath=$DIST/lib/*") ;;
        spark://*) options+=("-Dspark.jars=$(printf '%s,' "$DIST"/lib/*.jar)" "-Dspark.submit.deployMode=client") ;;
        # Their schedulers are not in the Spark that Maven brings.
        yarn | k8s://*) refuse "--master $master needs an installed Spark; use scripts/submit --master $master $*" ;;
    esac
    # Words of the user's own come last and win.
    read -r -d '' -a extra < <(printf '%s' "${LORA_SPARK_JAVA_OPTS:-}") || true
    export SPARK_HOME=$DIST/spark SPARK_SCALA_VERSION=2.13
    # Huge pages for what malloc maps: fresh memory costs a fifth. The same for executors is in SparkSessions.
    export GLIBC_TUNABLES=${GLIBC_TUNABLES:-glibc.malloc.hugetlb=1}
    exec "$JAVA_HOME/bin/java" "${options[@]}" ${extra[@]+"${extra[@]}"} \
        -cp "$DIST/lib/*:$DIST/spark/jars/*" org.loraspark.cli.Main "$@"
}
