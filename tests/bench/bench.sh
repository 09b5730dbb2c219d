#!/bin/bash
# ./dev bench: what Postern does beside its peers, in one run, interleaved. One JSON line a figure; medians of the rounds.
# Debian's postfix brings both the load (smtp-source) and the peer (smtp-sink: the ceiling, it keeps nothing).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
export LC_ALL=C
build=$PWD/build/bench
rounds=${BENCH_ROUNDS:-3}
mails=${BENCH_MAILS:-10000}
home=$(mktemp -d "${TMPDIR:-/tmp}/postern-bench.XXXXXX")
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$home"; }
trap finish EXIT

figure() { printf '{"name":"%s","value":%s,"unit":"%s"}\n' "$1" "$2" "$3"; }
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", (b > 0 ? a / b : 0) }'; }
free_port() { local port; while :; do port=$((20000 + RANDOM % 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo $port; return; }; done; }
wait_for_port() { for _ in $(seq 200); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.05; done; echo "nothing listens on $1" >&2; return 1; }

write_config() { # SMTP-PORT RELAY-PORT LINES-OF-[authentication]
    cat >"$home/postern.toml" <<TOML
[site]
name = "Bench"
hostname = "support.acme.example"
state_dir = "state"
[[mailbox]]
address = "support@acme.example"
name = "Bench"
tag = "ACME"
[contacts]
files = ["contacts.toml"]
[smtp]
listen = ["127.0.0.1:$1"]
[relay]
url = "smtp://127.0.0.1:$2"
starttls = "never"
[limits]
receipts_per_address = "0"
fold_after = "0"
[authentication]
$3
[log]
level = "warn"
TOML
    printf '[[organization]]\nname = "Northwind"\ndomains = ["northwind.example"]\ncontacts = ["ana@northwind.example"]\n' >"$home/contacts.toml"
}

# Mails a second that a receiver takes over so many sessions, ten mails of 3 KB a connection being nobody's special case.
load() { # PORT SESSIONS COUNT
    local start end
    start=$(date +%s%N)
    /usr/sbin/smtp-source -c -d -s "$2" -m "$3" -l 3000 -f ana@northwind.example -t support@acme.example "127.0.0.1:$1" >/dev/null
    end=$(date +%s%N)
    awk -v n="$3" -v t="$((end - start))" 'BEGIN { printf "%.0f", n / (t / 1e9) }'
}
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"; }

# Mail of 3 KB as people send it: text and HTML, quoted-printable.
write_corpus() { # FOLDER COUNT
    local n i
    mkdir -p "$1"
    for n in $(seq "$2"); do
        {
            printf 'Return-Path: <user%d@cust%d.example>\r\nFrom: =?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <user%d@cust%d.example>\r\n' "$n" "$n" "$n" "$n"
            printf 'To: Support <support@acme.example>\r\nSubject: Order %d is late\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n' "$n"
            printf 'Message-ID: <%d@cust.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b%d"\r\n\r\n' "$n" "$n"
            for type in plain html; do
                printf -- '--b%d\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' "$n" $type
                [ $type = plain ] || printf '<html><body>\r\n'
                for i in $(seq 14); do printf 'The printer in office %d shows error %d since yesterday, gr=C3=BC=C3=9Fe.\r\n' "$n" "$i"; done
                [ $type = plain ] || printf '</body></html>\r\n'
            done
            printf -- '--b%d--\r\n' "$n"
        } >"$1/$n.eml"
    done
}

write_corpus "$home/corpus" 200
value() { sed -n 's/.*"value":\([0-9.]*\).*/\1/p'; }
ours=() theirs=()
for _ in $(seq "$rounds"); do
    theirs+=("$("$build/tests/bench/gmime_bench" "$home/corpus" | value)")
    ours+=("$("$build/tests/bench/parse_bench" "$home/corpus" | value)")
done
figure parse_small "$(median "${ours[@]}")" "mails/s"
figure parse_small_gmime "$(median "${theirs[@]}")" "mails/s"
figure parse_small_beside_gmime "$(ratio "$(median "${ours[@]}")" "$(median "${theirs[@]}")")" "ratio"
"$build/tests/bench/hostile_bench"
"$build/tests/bench/store_bench" "$home/store.db"
"$build/tests/bench/imap_bench"
"$build/tests/bench/outbox_bench"

sink=$(free_port)
/usr/sbin/smtp-sink -u "$(id -un)" -c "127.0.0.1:$sink" 1000 >/dev/null 2>&1 &
pids+=($!)
postern=$(free_port)
write_config "$postern" "$sink" 'policy = "off"'
"$build/posternd" --config "$home/postern.toml" >"$home/log" 2>&1 &
daemon=$!
pids+=("$daemon")
wait_for_port "$sink"
wait_for_port "$postern"

for sessions in 1 10 50; do
    ours=() theirs=() used=()
    count=$((sessions == 1 ? mails / 4 : mails))
    for _ in $(seq "$rounds"); do
        theirs+=("$(load "$sink" "$sessions" "$count")")
        before=$(cpu "$daemon")
        ours+=("$(load "$postern" "$sessions" "$count")")
        used+=("$(awk -v a="$before" -v b="$(cpu "$daemon")" -v n="$count" 'BEGIN { printf "%.3f", (b - a) / n * 1000 }')")
    done
    figure "smtp_in_${sessions}_sessions" "$(median "${ours[@]}")" "mails/s"
    figure "smtp_sink_${sessions}_sessions" "$(median "${theirs[@]}")" "mails/s"
    figure "smtp_in_${sessions}_beside_sink" "$(ratio "$(median "${ours[@]}")" "$(median "${theirs[@]}")")" "ratio"
    figure "smtp_in_${sessions}_cpu" "$(median "${used[@]}")" "s/1000 mails"
done

taken=$("$build/postern" --config "$home/postern.toml" status --json | sed -n 's/.*"open": *\([0-9]*\).*/\1/p')
start=$(date +%s%N)
while :; do
    left=$("$build/postern" --config "$home/postern.toml" status --json | tr -d '\n ' | sed -n 's/.*"queued":\([0-9]*\).*/\1/p')
    [ "$left" -gt 0 ] || break
    [ $((($(date +%s%N) - start) / 1000000000)) -lt 300 ] || break
    sleep 0.2
done
figure "tickets_opened" "$taken" "tickets"
figure "outbox_left_after" "$left" "mails"
# The promise is 10,000 mails in 10 s; here while the daemon is up.
start=$(date +%s%N)
replayed=$("$build/postern" --config "$home/postern.toml" check --replay 1d --json | tr -d '\n ' | sed -n 's/.*"replayed":\([0-9]*\).*/\1/p')
end=$(date +%s%N)
figure "check_replay_10000" "$(awk -v n="$replayed" -v t="$((end - start))" 'BEGIN { printf "%.2f", t / 1e9 / n * 10000 }')" "s"
figure "resident" "$(awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$daemon/status")" "MiB peak"

# The same mail with its sender authenticated, SPF and DMARC by a real nsd, beside the same daemon that asks nobody; by turns.
dns=$(free_port)
mkdir -p "$home/zones"
printf '$TTL 300\n@ IN SOA ns. h. 1 60 60 60 60\n@ IN NS ns.\n@ IN TXT "v=spf1 ip4:127.0.0.1 -all"\n_dmarc IN TXT "v=DMARC1; p=reject"\n' \
    >"$home/zones/northwind"
cat >"$home/nsd.conf" <<CONF
server:
    ip-address: 127.0.0.1@$dns
    username: ""
    database: ""
    zonesdir: "$home/zones"
    pidfile: "$home/nsd.pid"
    xfrdfile: "$home/xfrd"
    zonelistfile: "$home/zones.list"
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: northwind.example
    zonefile: northwind
CONF
/usr/sbin/nsd -d -c "$home/nsd.conf" >"$home/nsd.log" 2>&1 &
pids+=($!)
wait_for_port "$dns"
ours=() theirs=()
for _ in $(seq "$rounds"); do
    for authentication in 'policy = "off"' "resolver = \"127.0.0.1:$dns\""; do
        kill "$daemon" && wait "$daemon" || true
        postern=$(free_port)
        write_config "$postern" "$sink" "$authentication"
        "$build/posternd" --config "$home/postern.toml" >>"$home/log" 2>&1 &
        daemon=$!
        pids+=("$daemon")
        wait_for_port "$postern"
        rate=$(load "$postern" 50 "$mails")
        case $authentication in policy*) theirs+=("$rate") ;; *) ours+=("$rate") ;; esac
    done
done
figure "smtp_in_50_authenticated" "$(median "${ours[@]}")" "mails/s"
figure "smtp_in_50_authenticated_beside_not" "$(ratio "$(median "${ours[@]}")" "$(median "${theirs[@]}")")" "ratio"
passed=$("$build/postern" --config "$home/postern.toml" status --json | tr -d '\n ' | sed -n 's/.*"pass":\([0-9]*\).*/\1/p')
figure "senders_authenticated" "$passed" "mails"
