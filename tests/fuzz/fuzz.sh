#!/bin/bash
# fuzz.sh BUILD SECONDS [TARGET…]: runs every fuzz target for so long, two at a time, beginning from the corpus and our golden mail. What is
# found is left in BUILD/findings with the command that shows it again; exit 1.
set -u
build=$(realpath "${1:?build folder}") seconds=${2:?seconds}
shift 2
here=$(dirname "$(realpath "$0")")
findings=$build/findings
mkdir -p "$findings" "$build/corpus"
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

run() { # TARGET
    local name=$1 seeds=("$here/corpus/$1") options=()
    case $name in message_fuzz | header_fields_fuzz) seeds+=("$here"/../mail/*/) options+=(-max_len=65536) ;; esac
    [ -f "$here/dictionaries/$name.dict" ] && options+=("-dict=$here/dictionaries/$name.dict")
    mkdir -p "$build/corpus/$name" "$here/corpus/$name"
    if "$build/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "${options[@]}" \
        -artifact_prefix="$findings/$name-" "$build/corpus/$name" "${seeds[@]}" >"$findings/$name.log" 2>&1; then
        printf '%-24s %s executions, nothing found\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$findings/$name.log")"
    else
        printf '%-24s FOUND SOMETHING: see %s, then %s/tests/fuzz/%s FILE\n' "$name" "$findings/$name.log" "$build" "$name"
        return 1
    fi
}
export -f run
export build seconds here findings

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(find "$build/tests/fuzz" -maxdepth 1 -type f -name '*_fuzz' -executable -printf '%f\n' | sort)
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz targets in $build: cmake --preset fuzz && cmake --build --preset fuzz" >&2; exit 2; }
printf '%s\n' "${targets[@]}" | xargs -P 2 -I{} bash -c 'run {}'
[ $? -eq 0 ] || exit 1
