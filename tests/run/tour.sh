#!/bin/bash
# The main job in one go, as ./dev run shows it: a daemon on loopback, a customer's mail with a screenshot, the ticket, the receipt.
# tour.sh BUILD [--once]. All of it lives in build/run, which is made anew each time.
set -euo pipefail
build=$(readlink -f "$1"); shift
once=no
case "${1:-}" in --once) once=yes ;; "") ;; *) echo "usage: ./dev run [--once]" >&2; exit 64 ;; esac
here=$(dirname "$(readlink -f "$0")")
home=$here/../../build/run
rm -rf "$home"; mkdir -p "$home"; cd "$home"
home=$PWD

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=2525
while port_taken $port; do port=$((port + 1)); done

cat >postern.toml <<TOML
[site]
name      = "Acme Support"
hostname  = "support.acme.example"
state_dir = "state"

[[mailbox]]
address = "support@acme.example"
name    = "Acme Support"
tag     = "ACME"

[contacts]
files = ["contacts.toml"]

[smtp]
listen = ["127.0.0.1:$port"]

[authentication]
policy = "off"          # northwind.example is nobody's domain: there is nothing to look up

[relay]
url = "maildir:sent"    # mail that goes out lands here instead of being sent
TOML
cat >contacts.toml <<'TOML'
[[organization]]
id       = "northwind"
name     = "Northwind"
domains  = ["northwind.example"]
refer_to = "Northwind L&D <lnd@northwind.example>"
contacts = ["Ana Ruiz <ana@northwind.example>"]
TOML

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }
postern() { "$build/postern" --config "$home/postern.toml" "$@"; }

say "posternd on 127.0.0.1:$port"
"$build/posternd" --config postern.toml >log 2>&1 &
daemon=$!
stop() { kill "$daemon" 2>/dev/null || true; wait "$daemon" 2>/dev/null || true; }
trap stop EXIT
for _ in $(seq 100); do
    port_taken $port && break
    kill -0 "$daemon" 2>/dev/null || { cat log; exit 1; }
    sleep 0.05
done

# What the daemon says to the mail itself: the last reply before QUIT's.
answer() { grep -E '^<' | grep -B 1 -A 9 -E '^<.. +(250 2\.0\.0 Ok|[45][0-9][0-9])' | grep -vE ' (354|221) ' ; }
send() { swaks --server "127.0.0.1:$port" --helo mail.northwind.example --to support@acme.example "$@" 2>&1 || true; }

say "Ana, a contact of Northwind, writes with a screenshot"
send --from ana@northwind.example --h-From 'Ana Ruiz <ana@northwind.example>' --h-Subject 'Exporting a report fails' \
    --body 'Hello, since this morning the export of the monthly report ends with the error in the picture. Kind regards, Ana' \
    --attach-type image/png --attach-name 'error.png' --attach "@$here/screenshot.png" | answer || { cat log; exit 1; }

say "Eve, a colleague who is not a contact, writes too"
send --from eve@northwind.example --h-Subject 'Me too' --body 'It fails for me as well.' | answer || { cat log; exit 1; }

say "postern ticket list"
postern ticket list
ticket=$(postern ticket list --json | sed -n 's/.*"ticket": *"\([^"]*\)".*/\1/p' | head -n 1)
say "postern ticket show $ticket"
postern ticket show "$ticket"

for _ in $(seq 200); do
    receipt=$(find sent/new -type f 2>/dev/null | head -n 1)
    [ -n "$receipt" ] && break
    sleep 0.05
done
[ -n "${receipt:-}" ] || { echo "no receipt came" >&2; cat log >&2; exit 1; }
say "the receipt Ana got: $home/$receipt"
sed -n '1,/^\r*$/p' "$receipt" | grep -iE '^(from|to|subject|auto-submitted|in-reply-to|return-path):'

[ $once = yes ] && exit 0
say "running; Ctrl-C ends it"
cat <<TXT
write to it     swaks --server 127.0.0.1:$port --from ana@northwind.example --to support@acme.example --h-Subject 'Re: [$ticket] more'
look            $build/postern --config $home/postern.toml ticket list
outgoing mail   $home/sent/new
log             $home/log
TXT
trap 'exit 0' INT TERM
wait "$daemon"
