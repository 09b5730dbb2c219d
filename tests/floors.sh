#!/bin/bash
# Fails on an include that goes up a floor, or sideways between store, config and templates; and on a third-party header outside its owner.
set -u
cd "${1:?source folder}" || exit 2
bad=0
forbid() { # FOLDER PATTERN WHY
    local hits
    hits=$(grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$2" "$1" --include='*.h' --include='*.cpp') || return 0
    printf '%s\n  (%s)\n' "$hits" "$3"
    bad=1
}
owner() { # PATTERN ALLOWED-REGEX
    local hits
    hits=$(grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$1" parsers store config templates daemon --include='*.h' --include='*.cpp' | grep -vE "^($2):") || return 0
    printf '%s\n  (only %s may include it)\n' "$hits" "$2"
    bad=1
}
count=$(find parsers store config templates daemon -name '*.h' -o -name '*.cpp' | wc -l)
[ "$count" -gt 20 ] || { echo "found only $count sources below $PWD: not checking what it should"; exit 2; }
forbid parsers   '(store|config|templates|daemon)/' 'parsers stand on the ground floor'
forbid store     '(config|templates|daemon)/'       'store includes parsers only'
forbid config    '(store|templates|daemon)/'        'config includes parsers only'
forbid templates '(store|config|daemon)/'           'templates include parsers only'
forbid parsers   '(sys/socket|fstream|unistd|boost/asio)' 'parsers do no I/O'
owner 'mimetic/'   'parsers/mime_tree.cpp'
owner 'libpsl'    'parsers/organizational_domain\.cpp'
owner 'SQLiteCpp/' 'store/sqlite_[a-z_]*\.(cpp|h)'
owner 'zstd'       'store/packed_octets\.cpp'
owner 'toml\+\+/'  'config/[a-z_]*\.cpp'
owner 'ares'       'daemon/dns_channel\.cpp'
owner 'curl/'      'daemon/(curl_[a-z_]*|imap_connection|outbox_sender|relay_[a-z_]*|token_endpoint)\.(cpp|h)'
owner 'spf2/'      'daemon/verifier/spf_check\.cpp'
owner 'opendkim/'  'daemon/verifier/dkim_check\.cpp'
owner 'seccomp'    'daemon/verifier/sandbox\.cpp'
owner 'CLI/'       'daemon/(posternd|cli/command_line)\.cpp'
# ctest takes a name with ';' for a list, runs the last item as a filter, finds no such test, and calls that passed.
if hits=$(grep -rzoE '(TEST_CASE|CONTRACT)\(\s*"[^"]*;[^"]*"' tests --include='*.cpp' | tr '\0' '\n' | grep .); then
    echo "$hits"
    echo "  (the name of a test holds no ';': it would never run)"
    bad=1
fi
exit $bad
