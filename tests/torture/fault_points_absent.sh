#!/bin/bash
# Fails where objects that are compiled as for a release hold the name of a fault point or of its switches.
# fault_points_absent.sh HEADER OBJECT…
set -u
header=$1
shift
names=$(sed -n '/to_array<std::string_view>({/,/});/s/^ *"\([a-z.-]*\)",.*/\1/p' "$header")
[ "$(wc -w <<<"$names")" -gt 20 ] || { echo "no names found in $header"; exit 2; }
bad=0
for object in "$@"; do
    [ -s "$object" ] || { echo "$object is not there"; exit 2; }
    for name in $names POSTERN_FAULT POSTERN_MUTANT; do
        if grep -qaF -- "$name" "$object"; then
            echo "$object: $name"
            bad=1
        fi
    done
done
exit $bad
