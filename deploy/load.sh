#!/bin/sh
# routec: loads the artefacts that lie beside it, as `routec apply` does, on a router that has no routec.
# It is the same for every policy: what it loads is what the manifest beside it names.
#
#   sh policy.load.sh start [--confirm SECONDS]   all that is not live yet; all of it, or nothing
#   sh policy.load.sh reload [--confirm SECONDS]  the same: it goes from whatever is live to what they say
#   sh policy.load.sh status                      is what is live what they say, and what is not?
#   sh policy.load.sh confirm [--same-login]      keeps what was loaded with --confirm
#   sh policy.load.sh stop                        takes all of routec away
#
# It needs awk, sed, flock, unshare and sha256sum, iproute2, sysctl, and nft (or iptables and ipset); setsid
# for --confirm, and conntrack to free connections of what is no more. busybox has all but iproute2 and nft.
#
# It works in memory, in a file system that only it sees, where it may mount one (CAP_SYS_ADMIN); else beside its records.
#
#   ROUTEC_RUN  what runs, and what was before (/run/routec); the lock is beside it
#   ROUTEC_LIB  what is loaded at the next boot (/var/lib/routec)
#
# Exit codes: 0 yes, done; 1 `status`: it differs; 2 could not run, nothing was changed; 3 failed and undone;
# 4 failed, and could not be undone; 5 not confirmed, and taken back.
set -u
umask 077
# nft 1.0.6 lists hours of a zone behind UTC in a way that it does not read.
export LC_ALL=C TZ=UTC0 PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
unset CDPATH

run=${ROUTEC_RUN:-/run/routec}
good=${ROUTEC_LIB:-/var/lib/routec}/good
work=
# What sees mounts of its own; and where it has one: a folder that each Linux has, and that nothing here looks into.
alone='unshare -m --propagation slave'
memory=/proc/driver

say() {
  printf '%s\n' "$*" >&2
}

# WHAT [WHAT-TO-DO]
complain() {
  say "error: $1"
  [ $# -lt 2 ] || say "  = help: $2"
}

die() {
  complain "$@"
  exit 2
}

# --- Lines ----------------------------------------------------------------------------------------

# FILE OTHER [START]: the lines of the one that the other lacks, each behind START.
beyond() {
  awk -v start="${3-}" 'FILENAME == ARGV[1] { known[$0]; next } !($0 in known) { print start $0 }' "$2" "$1"
}

# Lines as a list in JSON; and lines of NAME=VALUE as an object.
list_json() {
  awk 'BEGIN { printf "[" } { printf "%s\"%s\"", (NR > 1 ? "," : ""), $0 } END { printf "]" }' "$1"
}
object_json() {
  awk -F= 'BEGIN { printf "{" } { printf "%s\"%s\":\"%s\"", (NR > 1 ? "," : ""), $1, $2 } END { printf "}" }' "$1"
}

# START FILE...: their texts in JSON, each by what follows START in its path.
texts_json() {
  start=$1
  shift
  START=$start awk '
    FILENAME != file {
      file = FILENAME
      printf "%s\"%s\":\"", comma, substr(file, length(ENVIRON["START"]) + 1)
      comma = "\","
    }
    { gsub(/[\\"]/, "\\\\&"); gsub(/\t/, "\\t"); printf "%s\\n", $0 }
    END { printf "\"" }' "$@"
}

# rule|route FAMILY [PROTOCOL]: of the lines of a batch, what stands behind `rule add` or `route replace`; or with a
# protocol what `ip -N` shows, which leaves that out of routes. The words stand in one order and one spelling.
canonical() {
  awk -v kind="$1" -v family="$2" -v protocol="${3-}" '
    function hex(number) {
      sub(/^0x0*/, "", number)
      return number == "" ? "0x0" : "0x" number
    }
    BEGIN {
      if (kind == "rule") {
        order = "pref not from to iif oif fwmark lookup goto blackhole prohibit protocol"
        order = order " suppress_ifgroup suppress_prefixlength unreachable"
      } else order = "unreachable local to via dev onlink metric table proto realms"
      count = split(order, words, " ")
      split("not unreachable prohibit blackhole local onlink", list, " ")
      for (i in list) alone[list[i]]
      # linux/fib_rules.h and linux/rtnetlink.h
      type[6] = "blackhole"; type[7] = "unreachable"; type[8] = "prohibit"
      if (kind == "route") type[2] = "local"
      same["realm"] = "realms"
      if (kind == "rule") { same["proto"] = "protocol"; same["table"] = "lookup" }
      table[253] = "default"; table[254] = "main"; table[255] = "local"
    }
    {
      if (protocol == "") { if (!sub(/^r[a-z]+ (add|replace) /, "") || (kind == "rule") != /^pref /) next }
      else if (kind == "rule") { sub(/:/, " "); $0 = "pref " $0 }
      split("", part)
      for (i = 1; i <= NF; i++) {
        word = $i
        # How it stands just now is not what it says.
        if (word ~ /^\[/ || word == "dead" || word == "linkdown") continue
        if (kind == "rule" || !("to" in part)) if (word in type) word = type[word]
        if (word in same) word = same[word]
        if (word in alone) part[word] = ""
        else if (kind == "route" && !("to" in part)) part["to"] = word
        else part[word] = $(++i)
      }
      if (kind == "rule") {
        if ("from" in part && part["from"] == "all") delete part["from"]
        if ("lookup" in part && part["lookup"] in table) part["lookup"] = table[part["lookup"]]
        if ("fwmark" in part) {
          split(part["fwmark"], mark, "/")
          part["fwmark"] = hex(mark[1]) "/" hex(mark[2])
        }
      } else {
        if (protocol != "") part["proto"] = protocol
        delete part["scope"]; delete part["pref"]
        if (family == 6 && "metric" in part && part["metric"] == 1024) delete part["metric"]
        if (family == 6 && "unreachable" in part) delete part["dev"]
      }
      line = ""
      for (i = 1; i <= count; i++) {
        word = words[i]
        if (!(word in part)) continue
        line = line (kind == "route" && word == "to" ? "" : " " word)
        if (part[word] != "") line = line " " part[word]
        delete part[word]
      }
      # What is not known here fits nothing that is wanted.
      for (word in part) if (part[word] != "") line = line " " word " " part[word]
      sub(/^ /, "", line)
      print line
    }'
}

# --- Devices --------------------------------------------------------------------------------------

# DEVICE: sets its `flags` and its `group`; fails where there is none.
look_at() {
  link=$(ip -N -o link show dev "$1" 2>/dev/null) && [ -n "$link" ] || return 1
  flags=${link#*": <"}
  flags=,${flags%%>*},
  group=${link#*" group "}
  group=${group%% *}
}

is_up() {
  look_at "$1" || return 1
  case $flags in
    *,UP,*) return 0 ;;
  esac
  return 1
}

# PATH: sets its `value`; fails where the kernel has no such setting. `read` takes a byte at a time, and what is
# in /proc/sys ends behind the first.
setting() {
  value=$(cat "/proc/sys/$1" 2>/dev/null)
}

# DEVICE: whether it has IPv6, which may be switched off.
has_ipv6() {
  setting "net/ipv6/conf/$1/disable_ipv6" && [ "$value" = 0 ]
}

# DEVICE GATEWAY: whether the policy has it for another uplink of the device.
taken() {
  cat "$at".uplink.*.ip "$at".uplink.*.ip6 2>/dev/null |
    awk -v way="route replace default via $2 dev $1 " 'index($0, way) == 1 { found = 1 } END { exit !found }'
}

# DEVICE FAMILY: the gateway that the last lease named, or else the first that main has there and no other uplink.
gateway_of() {
  gateway=
  if [ -r "$run/$1.$2" ]; then
    read -r gateway <"$run/$1.$2"
  else
    gateway=$(ip "-$2" route show table main default dev "$1" 2>/dev/null |
      sed -n 's/^default \(nhid [0-9]* \)\{0,1\}via \([^ ]*\) .*/\2/p' | while read -r each; do
      if ! taken "$1" "$each"; then
        printf '%s\n' "$each"
        break
      fi
    done)
  fi
  case $2$gateway in
    4*[!0-9.]* | 6*[!0-9A-Fa-f:.]* | 4 | 6) return 1 ;;
    4*.*.*.* | 6*:*:*) return 0 ;;
  esac
  return 1
}

# DEVICE FAMILY: its own addresses; and the networks on its wire, by main's routes.
addresses_of() {
  ip -o "-$2" addr show dev "$1" scope global 2>/dev/null |
    sed -n 's/^[0-9]*: [^ ]* *inet6\{0,1\} \([0-9a-f.:]*\).*/\1/p'
}
networks_of() {
  ip "-$2" route show table main dev "$1" 2>/dev/null |
    sed -n '/ via /d; /^fe80:/d; s/^\([0-9a-f.:]*\/[0-9]*\) .*/\1/p'
}

# --- What is wanted, and what is live: a folder each, of one shape --------------------------------
#
#   rules.4 rules.6 routes.4 routes.6   what stands behind `rule add` and `route replace`
#   groups settings                     DEVICE=GROUP, PATH=VALUE
#   ruleset                             as it is listed; empty if there is none
#   load                                what `nft -f` would load to get there, where that is known
#   named                               the paths and devices that the policy itself names
#   left-out                            what can't be loaded now, in words

empty_state() {
  mkdir -p "$1"
  for each in rules.4 rules.6 routes.4 routes.6 groups settings ruleset named left-out; do
    : >"$1/$each"
  done
}

# FOLDER: what is to be live where nothing of routec is.
nothing() {
  empty_state "$1"
  originals settings >"$1/settings"
  original_groups >"$1/groups"
}

# A device that is gone has no group to go back to.
original_groups() {
  originals groups | while IFS= read -r line; do
    if look_at "${line%=*}"; then printf '%s\n' "$line"; fi
  done
}

# FOLDER: what is to be live by the artefacts, on a machine with these devices.
wanted() {
  empty_state "$1"
  for family in $families; do
    six=${family#4}
    cat "$at.guard.ip$six" "$at.ip$six" >"$1/batch.$family"
  done
  originals settings >"$1/all-settings"
  original_groups >"$1/all-groups"
  [ ! -e "$at.sysctl" ] || sed '/^#/d' "$at.sysctl" >>"$1/all-settings"
  sed '/^#/d; s/=.*//' "$at."*sysctl >"$1/named"
  each_uplink wanted_uplink "$1"
  for family in $families; do
    canonical rule "$family" <"$1/batch.$family" >"$1/rules.$family"
    canonical route "$family" <"$1/batch.$family" >"$1/routes.$family"
  done
  # Without these the router's own packets are refused all the same, but get no answer.
  has_ipv6 lo || {
    sed '/ dev lo /d' "$1/routes.6" >"$1/standing"
    mv "$1/standing" "$1/routes.6"
  }
  for each in settings groups; do
    # The last one counts.
    awk -F= '!($1 in value) { name[++count] = $1 } { value[$1] = $2 }
      END { for (i = 1; i <= count; i++) print name[i] "=" value[name[i]] }' "$1/all-$each" >"$1/$each"
  done
  wanted_ruleset "$1"
}

# COMMAND...: does that for each uplink of the artefacts at $at: its $name, and the $file of its routes.
each_uplink() {
  for file in "$at".uplink.*.ip; do
    name=${file#"$at".uplink.}
    name=${name%.ip}
    case $name in
      *.* | \*) ;;
      *) "$@" ;;
    esac
  done
}

# WHAT of the uplink $name can't be loaded now.
leave_out() {
  printf 'uplink %s: %s wait; what is sent there is refused until then\n' "$name" "$1" >>"$to/left-out"
}

# FOLDER: adds what the uplink $name needs, whose routes are in $file.
wanted_uplink() {
  device=$(sed -n 's/^link set dev \([^ ]*\) group .*/\1/p' "$file")
  to=$1
  printf '%s\n' "$device" >>"$to/named"
  if ! look_at "$device"; then
    leave_out "there is no device $device now, so its settings and routes"
    return
  fi
  sed -n 's/^link set dev \([^ ]*\) group /\1=/p' "$file" >>"$to/all-groups"
  sed '/^#/d' "$at.uplink.$name.sysctl" >>"$to/all-settings"
  # While the link is down, too: what is bound to its addresses must not go on to main.
  for family in $families; do
    [ -e "$at.uplink.$name.own${family#4}" ] || continue
    for each in $(addresses_of "$device" "$family"); do
      sed -n "/^rule /s/@ADDRESS@/$each/p" "$at.uplink.$name.own${family#4}" >>"$to/batch.$family"
    done
  done
  case $flags in
    *,UP,*) ;;
    *)
      leave_out "$device is down, so its routes"
      return
      ;;
  esac
  for family in $families; do
    six=${family#4}
    if [ "$family" = 6 ] && ! has_ipv6 "$device"; then
      [ ! -e "$at.uplink.$name.ip6" ] || leave_out "IPv6 is switched off on $device, so its IPv6 routes"
      continue
    fi
    [ ! -e "$at.uplink.$name.ip$six" ] || cat "$at.uplink.$name.ip$six" >>"$to/batch.$family"
    [ ! -e "$at.uplink.$name.own$six" ] || for each in $(networks_of "$device" "$family"); do
      sed -n "/^route /s|@NETWORK@|$each|p" "$at.uplink.$name.own$six" >>"$to/batch.$family"
    done
    [ -e "$at.uplink.$name.dhcp$six" ] || continue
    if gateway_of "$device" "$family"; then
      sed "s/@GATEWAY@/$gateway/" "$at.uplink.$name.dhcp$six" >>"$to/batch.$family"
    else
      canonical route "$family" <"$at.uplink.$name.dhcp$six" >"$to/leased"
      # One that somebody completed by hand stays.
      awk 'FILENAME == ARGV[1] { split($0, side, "@GATEWAY@"); before[NR] = side[1]; after[NR] = side[2]; next }
        { for (i in before) if (index($0, before[i]) == 1 && length($0) > length(after[i]) &&
          substr($0, length($0) - length(after[i]) + 1) == after[i]) print "route replace " $0 }' \
        "$to/leased" "$work/live/routes.$family" >"$to/completed"
      [ -s "$to/completed" ] || leave_out "no lease has named its IPv$family gateway, so its routes"
      cat "$to/completed" >>"$to/batch.$family"
    fi
  done
}

# FOLDER LIKE: what is live; of settings and devices, what the other folder names. Fails where a tool does.
live() {
  mkdir -p "$1"
  for family in 4 6; do
    : >"$1/rules.$family"
    : >"$1/routes.$family"
  done
  for family in $families; do
    ip -N "-$family" rule show >"$1/shown" || return
    canonical rule "$family" "$protocol" <"$1/shown" |
      grep -E " protocol ($protocol|$guard)( |\$)" >"$1/rules.$family"
    for each in $guard $protocol; do
      ip -N "-$family" route show table all proto "$each" | canonical route "$family" "$each" >>"$1/routes.$family"
    done
  done
  awk -F= '{ file = "/proc/sys/" $1; if ((getline value <file) > 0) print $1 "=" value; close(file) }' \
    "$2/settings" >"$1/settings"
  while IFS="=" read -r device _; do
    if look_at "$device"; then printf '%s=%s\n' "$device" "$group"; fi
  done <"$2/groups" >"$1/groups"
  "${backend}_list" >"$1/ruleset" && sift "$1"
}

# FOLDER: leaves the users and cgroups out of its ruleset that are no more: what lists them names a cgroup that is gone
# by a number or by its path, and neither can be loaded.
sift() {
  "${backend}_gone" "$1/ruleset" >"$work/gone"
  [ -s "$work/gone" ] || return 0
  beyond "$1/ruleset" "$work/gone" >"$work/sifted"
  mv "$work/sifted" "$1/ruleset"
}

# FROM TO: what differs, in words.
differences() {
  for family in $families; do
    for each in rules routes; do
      beyond "$2/$each.$family" "$1/$each.$family" "missing: IPv$family ${each%s} "
      beyond "$1/$each.$family" "$2/$each.$family" "extra: IPv$family ${each%s} "
    done
  done
  for each in settings groups; do
    awk -F= 'FILENAME == ARGV[1] { live[$1] = $2; next }
      $1 in live && live[$1] != $2 { print "changed: " $1 " is " live[$1] ", and it should be " $2 }' \
      "$1/$each" "$2/$each"
  done
  "${backend}_settled" "$1/ruleset" >"$work/settled.from"
  "${backend}_settled" "$2/ruleset" >"$work/settled.to"
  for each in from to; do cut -f 1 "$work/settled.$each" | uniq >"$work/blocks.$each"; done
  beyond "$work/blocks.to" "$work/blocks.from" 'missing: '
  beyond "$work/blocks.from" "$work/blocks.to" 'extra: '
  ruleset_changed "$work/settled.from" "$work/settled.to" >"$work/blocks.changed"
  awk 'FILENAME == ARGV[1] { from[$0]; next } FILENAME == ARGV[2] && $0 in from { both[$0]; next }
    FILENAME == ARGV[3] && $0 in both { print "changed: " $0; delete both[$0] }' \
    "$work/blocks.from" "$work/blocks.to" "$work/blocks.changed"
}

# FROM TO: the blocks that are not the same in both, line by line.
ruleset_changed() {
  awk -F '\t' 'FILENAME == ARGV[1] { line[$1, ++count[$1]] = $0; next }
    line[$1, ++seen[$1]] != $0 { print $1 }
    END { for (block in count) if (count[block] != seen[block]) print block }' "$1" "$2" | sort -u
}

# --- Rulesets of nft ------------------------------------------------------------------------------

nft_list() {
  nft list table inet routec 2>"$work/error" && return
  grep -q 'No such file or directory' "$work/error" && return
  sed 1q "$work/error" >&2
  return 1
}

# RULESET: the lines of its users and cgroups that nft does not take any more; a set holds one of these.
nft_gone() {
  awk '/^\t[a-z]+ [^ ]+ \{$/ { set = $1 == "set" ? $2 : "" }
    $1 == "type" { type = $2 }
    set != "" && $1 == "elements" && type ~ /^(uid|cgroupsv2)$/ { print set, type, $0 }' "$1" |
    while read -r set type line; do
      printf 'table inet routec { set %s { type %s; %s; }; }\n' "$set" "$type" "$line" >"$work/one"
      # The number of a cgroup that is gone: nft 1.1.7 takes it, though it is nobody's any more.
      case $type$line in
        cgroupsv2*'{ '[0-9]*) ;;
        *) nft -c -f "$work/one" 2>/dev/null && continue ;;
      esac
      printf '\t\t%s\n' "$line"
    done
}

# Its lines, each behind its block, without what packets change; blocks by their names.
nft_settled() {
  awk '
    /^\t[a-z]+ [^ ]+ \{$/ { block = $1 " " $2; learns = elements = 0 }
    block == "" { next }
    $1 == "flags" && /dynamic|timeout/ { learns = 1 }
    $1 == "elements" { elements = 1 }
    learns && elements && !/^\t\}$/ { next }
    { gsub(/counter packets [0-9]+ bytes [0-9]+/, "counter"); print block "\t" $0 }
    /^\t\}$/ { block = "" }' "$1" | sort -s -t '	' -k 1,1
}

# RULESET: its blocks, but for those that packets come past by themselves.
nft_unhooked() {
  awk '/^\t[a-z]+ [^ ]+ \{$/ { block = $1 " " $2; hook = 0 }
    / hook / && $1 == "type" { hook = 1 }
    /^\t\}$/ && !hook { print block }' "$1"
}

nft_blocks() {
  sed -n 's/^	\([a-z]* [^ ]*\) {$/\1/p' "$1"
}

# RULESET BLOCKS [END]: these blocks of it, with END behind their names; chains without rules.
nft_bring() {
  [ -s "$2" ] || return 0
  echo 'table inet routec {'
  awk -v end="${3-}" 'FILENAME == ARGV[1] { wanted[$0]; next }
    /^\t[a-z]+ [^ ]+ \{$/ { on = ($1 " " $2) in wanted; chain = $1 == "chain"; $0 = "\t" $1 " " $2 end " {" }
    on && (!chain || /^\t[^\t]/)
    /^\t\}$/ { on = 0 }' "$2" "$1"
  echo '}'
}

# RULESET BLOCKS MOVING [END [TWICE]]: its chains that are among the blocks, or that ask what moves; they ask the copies if
# there is an END, and where TWICE, in what translates sources, what moved first.
nft_rules() {
  awk -v end="${4-}" -v twice="${5-}" '
    function asking(rule,   done, name) {
      while (match(rule, /"[^"]*"|@[A-Za-z0-9_.\/-]+/)) {
        name = substr(rule, RSTART + 1, RLENGTH - 1)
        done = done substr(rule, 1, RSTART + RLENGTH - 1)
        if (substr(rule, RSTART, 1) == "@" && name in moving) {
          asks = 1
          if (name == "slot_nat" || name == "uplink_nat") translates = 1
          done = done end
        }
        rule = substr(rule, RSTART + RLENGTH)
      }
      return done rule
    }
    FILENAME == ARGV[1] { wanted[$0]; next }
    FILENAME == ARGV[2] { moving[$2]; next }
    /^\tchain [^ ]+ \{$/ { chain = $2; head = text = $0 "\n"; asks = 0; next }
    chain == "" { next }
    / hook / && $1 == "type" { head = head $0 "\n" }
    {
      translates = 0
      rule = asking($0)
      text = text (twice == "" ? rule : translates ? $0 "\n" rule : $0) "\n"
    }
    /^\t\}$/ {
      if (("chain " chain) in wanted || asks) {
        heads = heads head "\t}\n"
        flushes = flushes "flush chain inet routec " chain "\n"
        texts = texts text
      }
      chain = ""
    }
    END { if (texts != "") printf "table inet routec {\n%s}\n%stable inet routec {\n%s}\n", heads, flushes, texts }' \
    "$2" "$3" "$1"
}

# FROM TO: each packet meets either the one or the other. A packet goes by the rules that stood there as it came past the
# hook, but a look-up answers by what it holds in that moment: what rules ask changes only while they ask a copy of it.
nft_go() {
  if [ ! -s "$2/ruleset" ]; then
    [ -s "$1/ruleset" ] || return 0
    step 'the ruleset is taken away' /dev/null nft delete table inet routec
    return
  fi
  nft_blocks "$1/ruleset" >"$work/blocks.from"
  nft_blocks "$2/ruleset" >"$work/blocks.to"
  nft_unhooked "$2/ruleset" >"$work/unhooked"
  beyond "$work/unhooked" "$work/blocks.from" >"$work/created"
  beyond "$work/blocks.from" "$work/blocks.to" >"$work/stale"
  nft_settled "$1/ruleset" >"$work/settled.from"
  nft_settled "$2/ruleset" >"$work/settled.to"
  ruleset_changed "$work/settled.from" "$work/settled.to" >"$work/changed"
  beyond "$work/changed" "$work/stale" >"$work/refilled"
  awk 'FILENAME == ARGV[1] { refilled[$0]; next } $0 in refilled && $1 != "chain"' \
    "$work/refilled" "$work/blocks.from" >"$work/moving"
  for each in from to; do
    awk -F '\t' '$4 != "" && $4 !~ /^elements / && !/^chain /' "$work/settled.$each" >"$work/declared.$each"
  done
  ruleset_changed "$work/declared.from" "$work/declared.to" >"$work/other"
  # What died on its way may have left copies, and rules that ask them.
  end=.next
  while grep -q "\\$end\$" "$work/blocks.from"; do end=$end.next; done
  {
    nft_bring "$2/ruleset" "$work/created"
    nft_bring "$1/ruleset" "$work/moving" "$end"
  } >"$work/input"
  input_step 'new sets, maps and chains' "$work/input" nft -f - || return
  nft_rules "$1/ruleset" /dev/null "$work/moving" "$end" >"$work/input"
  input_step 'copies are asked in the place of what changes' "$work/input" nft -f - || return
  {
    # What is another thing under the same name is made anew.
    awk 'FILENAME == ARGV[1] { other[$0]; next }
      { print "flush " $1 " inet routec " $2 }
      $0 in other { print "delete " $1 " inet routec " $2 }' "$work/other" "$work/moving"
    nft_bring "$2/ruleset" "$work/moving"
  } >"$work/input"
  input_step 'what changes, while nothing asks it' "$work/input" nft -f - || return
  {
    nft_rules "$2/ruleset" "$work/refilled" "$work/moving" "$end" twice
    nft_unhooked "$1/ruleset" >"$work/unhooked"
    beyond "$work/stale" "$work/unhooked" 'flush ' | sed 's/ chain / chain inet routec /'
  } >"$work/input"
  input_step 'the ruleset, in one transaction' "$work/input" nft -f - || return
  # What was marked for an uplink that goes has left by now.
  grep -E '_nat$' "$work/moving" >"$work/translating"
  sed "s/\$/$end/" "$work/moving" >>"$work/stale"
  {
    nft_rules "$2/ruleset" /dev/null "$work/translating"
    awk '{ print "flush " $1 " inet routec " $2 }' "$work/stale"
    for each in 'set|map' chain; do
      awk -v kind="^($each)\$" '$1 ~ kind { print "delete " $1 " inet routec " $2 }' "$work/stale"
    done
  } >"$work/input"
  input_step 'chains, sets and maps of the old policy' "$work/input" nft -f -
}

# In an empty kernel: what this one makes of the files. A user or a cgroup that is not there is left out.
nft_try() {
  : >"$1/load"
  for file in "$at".user.*.nft "$at".cgroup.*.nft; do
    [ -e "$file" ] || continue
    if nft -f "$file" 2>"$work/error"; then cat "$file" >>"$1/load"
    elif grep -q 'User does not exist\|cgroupv2 path fails\|Could not parse cgroupsv2 path' "$work/error"; then no_name "$1" .nft
    else
      cat "$work/error"
      return 1
    fi
  done >&2
  cat "$at.nft" >>"$1/load"
  nft -f "$1/load" && nft list table inet routec >"$1/ruleset"
}

# FOLDER END: that the router has not what $file names.
no_name() {
  name=${file#"$at".}
  name=${name%"$2"}
  printf '%s %s: there is none of that name here; no packet is of it\n' "${name%%.*}" "${name#*.}" >>"$1/left-out"
}

# --- Rulesets of iptables: chains, rules and sets as lines, TOOL TABLE WHAT -----------------------

iptables_list() {
  # A kernel that has no sets has no rules that look into them.
  ipset save 2>/dev/null | awk '$2 ~ /^routec-/ { print "ipset -", $0 }'
  for tool in $tables; do
    command -v "$tool-save" >/dev/null || continue
    "$tool-save" >"$work/saved" 2>"$work/error" || {
      sed 1q "$work/error" >&2
      return 1
    }
    # iptables-restore takes a mask of nodes only up to 32 (1.8.9), and iptables-save prints nothing else.
    awk -v tool="$tool" '
      match($0, /--cluster-local-nodemask 0x0*[1248]0* /) {
        mask = substr($0, RSTART + RLENGTH - 9, 8)
        match(mask, /[1248]/)
        node = (8 - RSTART) * 4 + index("1248", substr(mask, RSTART, 1))
        sub(/--cluster-local-nodemask 0x[0-9a-f]+/, "--cluster-local-node " node)
      }
      /^\*/ { table = substr($0, 2) }
      /^:routec-/ { print tool, table, $1 }
      /^-A routec-/ || /^-A [A-Z]+ -j routec-[^ ]+$/ { print tool, table, $0 }' "$work/saved"
  done
}

# RULESET: the lines of its users and cgroups that iptables-restore does not take any more.
iptables_gone() {
  grep '^[a-z0-9]* [a-z]* -A routec-\(user\|cgroup\)-' "$1" | while read -r tool table line; do
    chain=${line#-A }
    printf '*%s\n:%s - [0:0]\n%s\nCOMMIT\n' "$table" "${chain%% *}" "$line" >"$work/one"
    $apart "$tool-restore" -w --noflush "$work/one" 2>/dev/null || printf '%s %s %s\n' "$tool" "$table" "$line"
  done
}

# Behind its chain or set; what grows by itself, learns or counts is left out.
iptables_settled() {
  awk '
    { line = $0; block = $1 " " $2 " " ($3 ~ /^:/ ? substr($3, 2) : $4) }
    $3 == "create" && / timeout / { learns[$4] }
    $3 == "add" && $4 in learns { next }
    $1 == "ipset" { sub(/ hashsize [0-9]+/, "", line); sub(/ initval [0-9a-fx]+/, "", line)
      sub(/ packets [0-9]+ bytes [0-9]+/, "", line); sub(/ timeout [0-9]+$/, "", line) }
    $4 ~ /^[A-Z]/ { block = "jump to " $NF " in " $1 " " $2 " " $4; if (seen[$0]++) line = line ", once more" }
    # The elements of a set are in no order.
    { print block "\t" ($1 == "ipset" ? line : sprintf("%09d", NR)) "\t" line }' "$1" |
    sort -t '	' -k 1,1 -k 2,2 | cut -f 1,3
}

# FROM TO: sets first, then each table in one transaction, stale sets last. A set's name goes by what is in it: one of
# other content was changed by somebody, and is filled anew at once, with what it has learned.
iptables_go() {
  awk '$1 == "ipset" && $3 == "create" { print $4 }' "$1/ruleset" >"$work/sets.from"
  awk '$1 == "ipset" && $3 == "create" { print $4 }' "$2/ruleset" >"$work/sets.to"
  beyond "$work/sets.to" "$work/sets.from" >"$work/sets"
  awk 'FILENAME == ARGV[1] { wanted[$0]; next } $1 == "ipset" && $4 in wanted { sub(/^ipset - /, ""); print }' \
    "$work/sets" "$2/ruleset" >"$work/input"
  input_step 'sets that are new' "$work/input" ipset -exist restore || return
  iptables_settled "$1/ruleset" >"$work/settled.from"
  iptables_settled "$2/ruleset" >"$work/settled.to"
  ruleset_changed "$work/settled.from" "$work/settled.to" | sed -n 's/^ipset - //p' >"$work/changed"
  beyond "$work/changed" "$work/sets" >"$work/refilled"
  awk 'FILENAME == ARGV[1] { refilled[$0]; next }
    $1 != "ipset" || !($4 in refilled) { next }
    { name = $4; sub(/^ipset - /, ""); sub(name, "routec-swap") }
    FILENAME == ARGV[2] && / timeout / && /^create / { learns[name] }
    FILENAME == ARGV[2] { text[name] = text[name] $0 "\n" }
    FILENAME == ARGV[3] && name in learns && /^add / { text[name] = text[name] $0 "\n" }
    END { for (name in text) printf "destroy routec-swap\n%sswap routec-swap %s\ndestroy routec-swap\n", text[name], name }' \
    "$work/refilled" "$2/ruleset" "$1/ruleset" >"$work/input"
  input_step 'sets that somebody changed' "$work/input" ipset -exist restore || return
  # A table is committed at a time: the addresses of what was marked until then are there until nothing is marked
  # so any more.
  order='filter nat.both mangle nat.rest'
  [ -s "$2/ruleset" ] || order='mangle nat filter'
  for tool in $tables; do
    for each in $order; do
      iptables_text "${each%.*}" "${each#*.}" "$1/ruleset" "$2/ruleset"
    done >"$work/input"
    grep "^$tool \|in $tool " "$work/settled.from" >"$work/its.from"
    grep "^$tool \|in $tool " "$work/settled.to" >"$work/its.to"
    cmp -s "$work/its.from" "$work/its.to" ||
      input_step "the ruleset of $tool, table by table" "$work/input" "$tool-restore" -w --noflush || return
  done
  beyond "$work/sets.from" "$work/sets.to" 'destroy ' >"$work/input"
  input_step 'sets that are stale' "$work/input" ipset -exist restore
}

# TABLE PART FROM TO: what leads a table of $tool from here to there; as `both`, what stands there with what stood here
# behind it, and as `rest`, on from that.
iptables_text() {
  printf '*%s\n' "$1"
  awk -v tool="$tool" -v table="$1" -v part="$2" '
    $1 != tool || $2 != table { next }
    { line = $0; sub(/^[^ ]+ [^ ]+ /, "", line) }
    # Ours come first in the chains of others, but in mangle, where they look at what others marked.
    FILENAME == ARGV[2] && line ~ /^:/ { chain[line]; print line " - [0:0]"; next }
    FILENAME == ARGV[2] && $4 ~ /^[A-Z]/ {
      if (++jump[line] <= old[line] || part == "rest") next
      if (table != "mangle") sub(/^-A [A-Z]+/, "-I " $4 " 1", line)
      late[++lates] = line
      next
    }
    FILENAME == ARGV[2] { there[line]; print line; next }
    line ~ /^:/ { was[++wases] = line }
    $4 ~ /^[A-Z]/ { old[line]++ }
    $4 ~ /^routec-/ { stood[++count] = line; of[count] = ":" $4 }
    END {
      if (part == "both")
        for (i = 1; i <= count; i++) if (of[i] in chain && !(stood[i] in there)) print stood[i]
      for (i = 1; i <= lates; i++) print late[i]
      if (part == "both") exit
      for (line in old) for (i = jump[line] + 0; i < old[line]; i++) print "-D" substr(line, 3)
      for (i = 1; i <= wases; i++) if (!(was[i] in chain)) print "-F " substr(was[i], 2)
      for (i = 1; i <= wases; i++) if (!(was[i] in chain)) print "-X " substr(was[i], 2)
    }' "$3" "$4"
  echo COMMIT
}

iptables_try() {
  [ ! -e "$at.ipset" ] || ipset -exist restore -file "$at.ipset" || return
  for tool in $tables; do
    for file in "$at".user.*."$tool" "$at".cgroup.*."$tool"; do
      case $file in
        *\** | *.absent.*) continue ;;
      esac
      "$tool-restore" -w --noflush "$file" 2>/dev/null && continue
      # Of a user and a cgroup that are always there: is it the name, or does the kernel not know such a match?
      sed 's/ --uid-owner [^ ]*/ --uid-owner 0/; s/ --path [^ ]*/ --path \//' "$file" |
        "$tool-restore" -w --noflush || return
      "$tool-restore" -w --noflush "${file%."$tool"}.absent.$tool" || return
      [ "$tool" != iptables ] || no_name "$1" .iptables
    done
    "$tool-restore" -w --noflush "$at.$tool" && "$tool-restore" -w --noflush "$at.hook.$tool" || return
  done
  iptables_list >"$1/ruleset"
}

# FOLDER: what the kernel makes of the ruleset in the files: loaded into an empty one, and read back.
wanted_ruleset() {
  if [ -e "$work/tried" ]; then
    cp "$work/tried" "$1/ruleset"
    return
  fi
  case $apart$backend in
    *rniptables) ! grep -q uid-owner "$at".*iptables || die 'users can only be told apart with CAP_SYS_ADMIN' ;;
  esac
  $apart true 2>/dev/null || die "no network namespace can be made to try the ruleset in: \`$apart true\` fails"
  if ! $apart sh "$at.load.sh" try "$work" "$1" 2>"$work/error" >&2 || [ ! -s "$1/ruleset" ]; then
    die "the ruleset does not load here: $(sed 3q "$work/error" | tr '\n' ' ')"
  fi
  cp "$1/ruleset" "$work/tried"
}

# --- The way --------------------------------------------------------------------------------------

# TITLE INPUT COMMAND...: one call of a tool. Where it fails, `why` says so.
step() {
  title=$1
  input=$2
  shift 2
  say "  $title"
  "$@" <"$input" >/dev/null 2>"$work/error" && return
  why="$title: $(sed 3q "$work/error" | tr '\n' ' ')"
  return 1
}

# The same, where there is something to read.
input_step() {
  [ ! -s "$2" ] || step "$@"
}

# FROM TO: from one state to another, in the one order in which no packet of a policy meets half of it. What is
# there already is left alone; broken off anywhere, the next one goes on from there.
go() {
  change_settings there "$@" &&
    each_family guard_up "$@" &&
    change_groups there "$@" &&
    each_family new_routes "$@" &&
    each_family new_rules "$@" &&
    "${backend}_go" "$@" &&
    each_family stale_rules "$@" &&
    each_family stale_routes "$@" &&
    change_groups back "$@" &&
    change_settings back "$@" &&
    each_family guard_down "$@"
}

each_family() {
  for family in $families; do "$@" || return; done
}

# WAY NAMED FROM TO: lines of NAME=VALUE that change. What the policy names comes before all that needs it
# (`there`), what it no longer names goes after that (`back`).
changes() {
  awk -F= -v way="$1" 'FILENAME == ARGV[1] { named[$1]; next } FILENAME == ARGV[2] { live[$1] = $2; next }
    $1 in live && live[$1] != $2 && ($1 in named) == (way == "there")' "$2" "$3" "$4"
}

change_settings() {
  changes "$1" "$3/named" "$2/settings" "$3/settings" >"$work/changes"
  [ -s "$work/changes" ] || return 0
  set --
  while IFS= read -r line; do set -- "$@" "$line"; done <"$work/changes"
  step 'settings of the kernel' /dev/null sysctl -q -w "$@"
}

change_groups() {
  changes "$1" "$3/named" "$2/groups" "$3/groups" | sed 's/^\(.*\)=\(.*\)$/link set dev \1 group \2/' >"$work/input"
  input_step "the uplinks' devices" "$work/input" ip -4 -batch -
}

# FLAG FILE OTHER START: the lines of the one that the other lacks; those of the guard, or with -v all others.
of_guard() {
  beyond "$2" "$3" "${4-}" | grep -E ${1:+"$1"} " proto(col)? $guard( |\$)"
}

# The refusal itself first, and the way to the router's own last: half a guard refuses too much.
by_guard() {
  awk '{ rank = / unreachable$/ ? 0 : (/ goto / ? 1 : 2); print rank, $0 }' | sort -k 1,1n -k 2r | sed 's/^. //'
}

guard_up() {
  {
    of_guard '' "$2/routes.$family" "$1/routes.$family" 'route replace '
    of_guard '' "$2/rules.$family" "$1/rules.$family" 'rule add ' | by_guard
  } >"$work/input"
  input_step "the guard, IPv$family" "$work/input" ip "-$family" -batch -
}

new_routes() {
  of_guard -v "$2/routes.$family" "$1/routes.$family" 'route replace ' >"$work/input"
  input_step "routes, IPv$family" "$work/input" ip "-$family" -batch -
}

new_rules() {
  of_guard -v "$2/rules.$family" "$1/rules.$family" 'rule add ' >"$work/input"
  input_step "rules, IPv$family" "$work/input" ip "-$family" -batch -
}

stale_rules() {
  of_guard -v "$1/rules.$family" "$2/rules.$family" 'rule del ' >"$work/input"
  input_step "rules that are stale, IPv$family" "$work/input" ip "-$family" -batch -
}

# The kernel has one route for each destination, metric and table; a new one has taken the old one's place.
stale_routes() {
  of_guard -v "$1/routes.$family" "$2/routes.$family" | awk '
    function key() {
      metric = table = to = ""
      for (i = 1; i < NF; i++) { if ($i == "metric") metric = $(i + 1); if ($i == "table") table = $(i + 1) }
      to = $1 == "unreachable" || $1 == "local" ? $2 : $1
      return to " " metric " " table
    }
    FILENAME == ARGV[1] { wanted[key()]; next } !(key() in wanted) { print "route del " $0 }' \
    "$2/routes.$family" - >"$work/input"
  input_step "routes that are stale, IPv$family" "$work/input" ip "-$family" -batch -
}

guard_down() {
  {
    of_guard '' "$1/rules.$family" "$2/rules.$family" 'rule del ' | by_guard | sed '1!G; h; $!d'
    of_guard '' "$1/routes.$family" "$2/routes.$family" 'route del '
  } >"$work/input"
  input_step "the guard goes, IPv$family" "$work/input" ip "-$family" -batch -
}

# FOLDER: leaves out the routes that went with their devices, or with IPv6 on these: nobody can bring them back.
standing() {
  for family in 4 6; do
    while IFS= read -r line; do
      case $line in
        *" dev "*)
          device=${line##* dev }
          device=${device%% *}
          is_up "$device" || continue
          [ "$family" = 4 ] || has_ipv6 "$device" || continue
          ;;
      esac
      printf '%s\n' "$line"
    done <"$1/routes.$family" >"$1/standing"
    mv "$1/standing" "$1/routes.$family"
  done
}

# FOLDER: what was live before, but that what its uplinks have is as their links and leases are now: hooks may have loaded
# them anew since. A default route that was withdrawn from one table and not from another stays withdrawn.
follow_links() {
  for file in "$1"/links/*.uplink.*.ip; do at=${file%.uplink.*}; done
  rm -rf "$work/links-now"
  empty_state "$work/links-now"
  for family in $families; do
    : >"$work/links-now/batch.$family"
    : >"$work/links-now/theirs.$family"
  done
  each_uplink wanted_uplink "$work/links-now"
  each_uplink lines_of_uplink "$work/links-now"
  for family in $families; do
    for each in rule route; do
      canonical $each "$family" <"$work/links-now/batch.$family" >"$work/links-now/${each}s.$family"
      awk -F '\t' -v kind=$each '
        function of(line,  i, value) {
          for (i = 1; i <= count; i++) {
            if (!waits[i] && line == start[i]) return i
            value = substr(line, length(start[i]) + 1, length(line) - length(start[i] end[i]))
            if (waits[i] && value ~ /^[0-9a-f.:\/]+$/ && line == start[i] value end[i]) return i
          }
          return 0
        }
        FILENAME == ARGV[1] && $1 == kind {
          uplink[++count] = $2
          waits[count] = split($3, side, /@[A-Z]+@/) > 1
          start[count] = side[1]; end[count] = side[2]
        }
        FILENAME == ARGV[1] { next }
        { its = of($0) }
        FILENAME == ARGV[2] && /^default / { stood[its]; stands[uplink[its]] }
        FILENAME == ARGV[2] { if (!its) print; next }
        its && (!/^default / || its in stood || !(uplink[its] in stands))' \
        "$work/links-now/theirs.$family" "$1/${each}s.$family" "$work/links-now/${each}s.$family" >"$1/followed"
      mv "$1/followed" "$1/${each}s.$family"
    done
  done
}

# FOLDER: writes down the lines of the uplink $name, in which some wait for what a lease says.
lines_of_uplink() {
  for family in $families; do
    for part in ip dhcp own; do
      [ ! -e "$at.uplink.$name.$part${family#4}" ] || cat "$at.uplink.$name.$part${family#4}"
    done >"$1/lines"
    for each in rule route; do
      canonical $each "$family" <"$1/lines" | sed "s/^/$each	$name	/"
    done >>"$1/theirs.$family"
  done
}

# --- Records, as `routec apply` keeps them ---------------------------------------------------------

# NAME: whether there is such a record, and of this boot.
has() {
  [ -r "$run/$1.json" ] && case $(head -c 100 "$run/$1.json") in
    "{\"boot\":\"$boot\","*) return 0 ;;
  esac
  return 1
}

# NAME: writes down what it reads; it counts as the record of that name once it is `put`, whole or not at all.
draft() {
  {
    printf '{"boot":"%s","%s":' "$boot" "$1"
    cat
    printf '}'
  } >"$work/draft" && cp "$work/draft" "$run/load.$1.$$" 2>"$work/error"
}

# NAME...
put() {
  for each; do mv "$run/load.$each.$$" "$run/$each.json" 2>"$work/error" || return; done
}

record() {
  draft "$1" && put "$1"
}

# Why something can't be written down.
unwritable() {
  reason=$(sed -n '1s/.*: //p' "$work/error")
  printf '%s: %s\n' "$run" "${reason:-no room is left}"
}
refuse_unwritten() {
  die "$(unwritable)" 'nothing was changed: make room, and try again'
}

# NAME FIELD: a number, or a string without quotes in it.
field() {
  has "$1" && sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$run/$1.json"
}

# settings|groups: what the first load found, as NAME=VALUE.
originals() {
  has original || return 0
  awk -F '"' -v part="$1" '{
    for (i = 2; i < NF; i += 2) {
      if ($(i + 1) == ":{") section = $i
      else if ($(i + 1) == ":") name = $i
      else if (section == part) print name "=" $i
    }
  }' "$run/original.json"
}

# FILE: the manifest in a record of what runs, or ran.
manifest_in() {
  [ -r "$1" ] || return 0
  awk '{
    key = "\"manifest.json\":\""
    at = index($0, key)
    if (!at) exit
    text = substr($0, at + length(key))
    match(text, /^([^"\\]|\\.)*/)
    text = substr(text, 1, RLENGTH)
    gsub(/\\\\/, "\001", text); gsub(/\\n/, "\n", text); gsub(/\\"/, "\"", text)
    while ((at = index(text, "\001"))) text = substr(text, 1, at - 1) "\\" substr(text, at + 1)
    print text
  }' "$1"
}

# The manifest of what runs, or else of what ran last: connections still carry its numbers.
ran() {
  if has running; then manifest_in "$run/running.json"
  elif has past; then manifest_in "$run/past.json"; fi
}

# MANIFEST NAME: the value of an option; and of each slot, its number, mark and key.
option() {
  sed -n "s/^    \"$2\": \"\{0,1\}\([^\",]*\).*/\1/p" "$1"
}
slots() {
  awk '/^  "slots": \[/ { on = 1 } /^  \]/ { on = 0 }
    !on { next }
    $1 == "\"key\":" { key = $0; sub(/^ *"key": /, "", key); sub(/,$/, "", key) }
    $1 == "\"slot\":" { slot = $2; sub(/,/, "", slot) }
    $1 == "\"mark\":" { gsub(/[",]/, "", $2); print slot, $2, key }' "$1"
}

# FROM TO: writes down what has to be known after a kill at any later instant; it counts once it is begun.
draft_before() {
  was_begun=
  if has begun; then was_begun=yes; fi
  # What is absent is made later, in no group and with the settings of new devices; a hook gives it ours. So it did where one
  # is in the uplinks' group that nothing is known of; or it had another name.
  originals groups | sed 's/=.*//' >"$work/known.groups"
  grep -v / "$2/named" | sort -u | beyond - "$work/known.groups" >"$work/unknown"
  : >"$work/later.settings"
  : >"$work/later.groups"
  while IFS= read -r device; do
    ! look_at "$device" || grep -Fqx "$device=$group" "$2/groups" || continue
    printf '%s=0\n' "$device" >>"$work/later.groups"
    grep -F "/conf/$device/" "$2/named" | while IFS= read -r each; do
      setting "${each%/conf/*}/conf/default/${each##*/}" && printf '%s=%s\n' "$each" "$value"
    done >>"$work/later.settings"
  done <"$work/unknown"
  for each in settings groups; do
    originals "$each" >"$work/known"
    awk -F= 'FILENAME == ARGV[1] { known[$1]; print; next } FILENAME == ARGV[2] { matters[$1]; next }
      !($1 in known) && ($1 in matters || FILENAME == ARGV[3]) { known[$1]; print }' \
      "$work/known" "$2/$each" "$work/later.$each" "$1/$each" >"$work/original.$each"
  done
  {
    printf '{"settings":'
    object_json "$work/original.settings"
    printf ',"groups":'
    object_json "$work/original.groups"
    printf '}'
  } | draft original || return
  printf '{"pid":%s}' "$$" | draft begun || return
  # A load that was killed left something in between: what was before it is what was before.
  if [ "$was_begun" ] && has before; then return; fi
  before_json "$1" | draft before || return
  rm -rf "$work/snapshot"
  cp -R "$1" "$work/snapshot"
  if has running; then cp "$run/running.json" "$work/snapshot/running.json"; fi
  if [ -d "$run/links" ]; then cp -R "$run/links" "$work/snapshot/links"; fi
  sum_of "$run/load.before.$$" >"$work/snapshot/of"
  echo "$backend $protocol" >"$work/snapshot/by"
  : >"$work/snapshot/named"
  cp -R "$work/snapshot" "$run/load.snapshot.$$" 2>"$work/error"
}

# From here on what was before is known, and nobody goes on with an earlier way back: who waits may come late.
begin() {
  put original && forget_overdue && keep_known && put_before && put begun
}

# What was before an undone load is known after it, too, where another takes its place meanwhile. That needs no room.
keep_known() {
  known=
  [ -e "$run/load.snapshot.$$" ] || return 0
  known=kept
  ! has before || ln "$run/before.json" "$run/load.known.$$" 2>"$work/error" || return
  [ ! -d "$run/snapshot" ] || mv "$run/snapshot" "$run/load.knownsnapshot.$$" 2>"$work/error"
}

know_again() {
  [ "${known-}" ] || return 0
  rm -rf "$run/snapshot"
  if [ ! -e "$run/load.known.$$" ]; then
    rm -f "$run/before.json"
  else
    mv "$run/load.known.$$" "$run/before.json"
    [ ! -d "$run/load.knownsnapshot.$$" ] || mv "$run/load.knownsnapshot.$$" "$run/snapshot"
  fi
} 2>/dev/null

forget_overdue() {
  rm -f "$run/overdue.json"
}

put_before() {
  [ ! -e "$run/load.snapshot.$$" ] ||
    { rm -rf "$run/snapshot" && mv "$run/load.snapshot.$$" "$run/snapshot" && put before; }
}

sum_of() {
  sha256sum <"$1"
}

# Whether the snapshot is of what the record says was before: `routec apply` writes the record alone.
has_snapshot() {
  has before && [ -r "$run/snapshot/of" ] && [ "$(cat "$run/snapshot/of")" = "$(sum_of "$run/before.json")" ]
}

before_json() {
  printf '{"state":{"rules":{"4":%s,"6":%s},"routes":{"4":%s,"6":%s},"groups":%s,"settings":%s' \
    "$(list_json "$1/rules.4")" "$(list_json "$1/rules.6")" "$(list_json "$1/routes.4")" \
    "$(list_json "$1/routes.6")" "$(object_json "$1/groups")" "$(object_json "$1/settings")"
  if [ -s "$1/ruleset" ]; then
    printf ,
    cp "$1/ruleset" "$work/$backend"
    texts_json "$work/" "$work/$backend"
  fi
  printf '}'
  if has running; then
    printf ',"running":'
    sed 's/^{"boot":"[^"]*","running"://; s/}$//' "$run/running.json"
  fi
  printf '}'
}

# The artefacts, each by what follows their base name; the manifest last, where it is looked for.
running_json() {
  printf '{"base":"%s","files":{' "$base"
  set --
  for file in "$at".*; do
    [ "$file" = "$at.manifest.json" ] || set -- "$@" "$file"
  done
  texts_json "$at." "$@" "$at.manifest.json"
  printf '}}'
}

# FOLDER: its artefacts are what is loaded at the next boot. Its manifest comes last: without one, the rest
# counts for nothing.
keep_good() {
  [ "$folder" != "$good" ] || return 0
  mkdir -p "$good" && rm -rf "$good/.load" && mkdir "$good/.load" || return
  if ! cp "$1"/* "$good/.load"; then
    rm -rf "$good/.load"
    return 1
  fi
  sync
  rm -f "$good"/*.manifest.json
  for file in "$good"/*; do
    [ -e "$good/.load/${file##*/}" ] || rm -f "$file"
  done
  mv "$good/.load/$base.manifest.json" "$good/.manifest" && mv "$good/.load"/* "$good" &&
    mv "$good/.manifest" "$good/$base.manifest.json" && rmdir "$good/.load" && sync
}

keep_or_warn() {
  keep_good "$1" || say "warning: it runs, but is not kept for the next boot: $good can't be written"
}

# What this login is known by: two are one if they share any of these. `sudo` hides the connection of ssh, which
# an ancestor still knows.
logins() {
  if read -r audit </proc/self/sessionid && [ "$audit" != 4294967295 ]; then echo "audit $audit"; fi 2>/dev/null
  echo "session $(stat_of "$$" 4)"
  pid=$$
  while [ -n "$pid" ] && [ "$pid" != 0 ]; do
    ssh=$({ tr '\0' '\n' <"/proc/$pid/environ" | sed -n '/^SSH_CONNECTION=/{s///p;q;}'; } 2>/dev/null)
    if [ -n "$ssh" ]; then
      echo "ssh $ssh"
      return
    fi
    pid=$(stat_of "$pid" 2)
  done
}

# PID FIELD: of proc(5), behind the name, which may hold anything.
stat_of() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f "$2"
}

# Nanoseconds since the machine was started.
now() {
  read -r up _ </proc/uptime
  echo "${up%.*}${up#*.}0000000"
}

# --- Commands -------------------------------------------------------------------------------------

# FILE...: what everybody may write into, root does not load. In a sticky folder nobody replaces what is another's.
trust() {
  # shellcheck disable=SC2012
  open=$(ls -ldL "$@" | sed -n '/^d........[tT]/d; /^........w/{s/^[^/]*//p;q;}')
  [ -z "$open" ] || die "$open: everybody may write into it" "chmod o-w $open"
}

# FOLDER: nor what lies below a folder that everybody may write into.
trust_above() {
  above=$1
  while trust "${above:-/}" && [ -n "$above" ]; do above=${above%/*}; done
}

# Copies the artefacts that the manifest names, and believes no others.
gather() {
  files=$work/files
  at=$files/$base
  mkdir "$files"
  manifest=$folder/$base.manifest.json
  [ -r "$manifest" ] || die "$manifest: it is not there" 'copy all that routec compile wrote'
  # What is read is what was copied: it may change in the folder at any time.
  cp "$manifest" "$at.manifest.json" || exit 2
  BASE=$base awk '
    /^  "artefacts": \{/ { on = 1; next }
    /^  \}/ { on = 0 }
    !on { next }
    {
      start = "    \"" ENVIRON["BASE"] "."
      name = substr($0, length(start) + 1)
      if (index($0, start) != 1 || name !~ /^[A-Za-z0-9_.-]+": "[0-9a-f]+",?$/) exit 1
      split(name, part, "\"")
      print part[3] "  " ENVIRON["BASE"] "." part[1]
    }' "$at.manifest.json" >"$work/sums" || : >"$work/sums"
  [ -s "$work/sums" ] || die "$manifest: it is not as routec writes it" 'take it back from git, and compile again'
  set -- "$self"
  while read -r _ name; do
    [ -r "$folder/$name" ] || die "$folder/$name: it is not there" 'copy all that routec compile wrote'
    set -- "$@" "$folder/$name"
  done <"$work/sums"
  [ ! -r "$folder/$base.map.json" ] || set -- "$@" "$folder/$base.map.json"
  trust "$manifest" "$@"
  trust_above "$folder"
  for file in "$manifest" "$@"; do
    if [ -L "$file" ]; then
      file=$(readlink -f "$file")
      trust_above "${file%/*}"
    fi
  done
  cp "$@" "$files" || exit 2
  (cd "$files" && sha256sum -c ../sums >../checked 2>/dev/null) ||
    die "$folder/$(sed -n '/: FAILED/{s///p;q;}' "$work/checked") does not agree with its manifest" 'compile again'
  backend=nft
  [ ! -e "$at.iptables" ] || backend=iptables
  protocol=$(option "$at.manifest.json" protocol)
  guard=$((protocol + 1))
}

# ARGUMENTS...: a folder to work in, gone with this process, and what is known of the machine.
prepare() {
  # One that is missing on the way would leave half of it.
  need awk cat chmod cmp cp cut flock grep head id ip ln ls mkdir mv readlink rm rmdir sed sha256sum sleep sort sync sysctl \
    tr uniq unshare
  [ "$(id -u)" = 0 ] || die 'only root sees what is live, and changes it'
  mkdir -p "$run" || exit 2
  case $(ls -ldn "$run") in
    d????-??-*[0-9]' 0 '*) ;;
    *) die "$run: somebody else may write into it" ;;
  esac
  chmod 700 "$run" 2>/dev/null
  setting kernel/random/boot_id
  boot=$value
  make_work "$@"
  families=4
  [ ! -d /proc/sys/net/ipv6 ] || families='4 6'
  tables=iptables
  [ ! -d /proc/sys/net/ipv6 ] || tables='iptables ip6tables'
  # What starts a tool in an empty kernel.
  apart='unshare -n'
  $apart true 2>/dev/null || apart='unshare -rn'
}

# ARGUMENTS...: no full disk may keep it from going back, so it works in memory: once more from the start, in a file
# system of its own. Who may not mount has a folder beside the records, and something in hand there.
make_work() {
  if [ "${ROUTEC_ALONE-}" = $$ ]; then
    work=$memory/work
  elif $alone mount -t tmpfs routec $memory 2>/dev/null; then
    export ROUTEC_ALONE=$$
    # shellcheck disable=SC2016
    exec $alone sh -c 'mount -t tmpfs -o mode=700 routec "$0" && exec sh "$@"' $memory "$self" "$@"
  else
    work=$run/load.work.$$
  fi
  trap 'rm -rf "$work" "$run"/load.*.$$ 2>/dev/null' EXIT
  rm -rf "$work"
  mkdir "$work" || exit 2
  [ "$work" = $memory/work ] || head -c 1048576 /dev/zero >"$work/spare" 2>/dev/null || die "no room is left in $run"
}

# Whether there is still room to work in: then what was written until now is whole.
has_room() {
  head -c 65536 /dev/zero >"$work/room" 2>/dev/null && rm "$work/room" && return
  why='no room is left to work in'
  return 1
}

# SECONDS: the lock under which the kernel is changed. It lies on an open file, which the tools hold as well: one
# that outlives a killed load is waited for.
lock() {
  # To read it is enough, and can be done on a disk that takes no change.
  [ -e "$run.lock" ] || : >"$run.lock" || exit 2
  exec 9<"$run.lock"
  tries=$1
  until flock -n 9; do
    [ "$tries" -gt 0 ] || die "another routec holds $run.lock: it is being applied right now"
    tries=$((tries - 1))
    sleep 1
  done
  # A terminal that is closed, or somebody's Ctrl-C, must not end what is half done.
  trap '' INT TERM HUP PIPE
}

unlock() {
  trap - INT TERM HUP PIPE
  exec 9>&-
}

need() {
  for tool; do
    command -v "$tool" >/dev/null || die "\`$tool\` is not installed"
  done
}

tools() {
  if [ "$backend" = nft ]; then need nft
  else for each in $tables; do need "$each-save" "$each-restore"; done; fi
  if [ -e "$at.ipset" ] || grep -q '"ipset":"' "$run/running.json" 2>/dev/null; then need ipset; fi
}

# Two rulesets would mark each packet.
one_backend() {
  other=nft
  [ "$backend" != nft ] || other=iptables
  if has running; then grep "\"$other\":\"" "$run/running.json"
  elif command -v $other >/dev/null; then "${other}_list" 2>/dev/null | grep -v '^ipset '; fi >"$work/others"
  [ ! -s "$work/others" ] ||
    die "what runs was loaded for $other" 'take that away first, with the files that it was loaded from'
  other_iptables
}

# `iptables` is one of two, and what the other one loaded is seen by that alone: iptables(8), iptables-nft(8).
other_iptables() {
  for tool in $tables; do
    ! grep -q "^$tool " "$work/live/ruleset" || continue
    for each in "$tool-legacy" "$tool-nft"; do
      command -v "$each-save" >/dev/null || continue
      "$each-save" 2>/dev/null | grep -q '^:routec-' || continue
      die "\`$each\` holds chains of routec, and \`$tool\` here is not that" \
        "take them away: $each-restore -w --noflush policy.down.$tool; or let \`$tool\` be \`$each\` again: update-alternatives --config $tool"
    done
  done
}

# FOLDER: a chain that somebody else's rule leads into can't be deleted, and that rule is not ours to delete.
jumps_of_others() {
  awk '$1 != "ipset" && $3 ~ /^:/ { print $1, $2, substr($3, 2) }' "$1/ruleset" >"$work/chains"
  for tool in $tables; do
    grep -q "^$tool .* :" "$work/live/ruleset" || continue
    "$tool-save" >"$work/saved" 2>"$work/error" || die "$(sed 1q "$work/error")"
    leads=$(awk -v tool="$tool" '
      FILENAME == ARGV[1] { stays[$0]; next }
      FILENAME == ARGV[2] { live[$0]; next }
      /^\*/ { table = substr($0, 2) }
      !/^-A / || /^-A routec-/ || !/ -[gj] routec-[^ ]+$/ || (tool " " table " " $0) in live { next }
      !((tool " " table " " $NF) in stays) && (tool " " table " :" $NF) in live {
        print "the rule `" $0 "` (" tool ", " table ") leads into a chain that is to go"
        exit
      }' "$work/chains" "$work/live/ruleset" "$work/saved")
    [ -z "$leads" ] || die "$leads" 'routec deletes no rule of others: delete it first'
  done
}

# FAMILY: whether the policy has rules for what is forwarded in it.
forwards() {
  six=${1#4}
  if [ "$backend" = nft ]; then
    awk -v chain="choose_ip$six" '$1 == "chain" { on = $2 == chain; next }
      on && NF && $1 !~ /^[#}]/ && $0 !~ /^ *goto to_main$/ { found = 1; exit }
      END { exit !found }' "$at.nft"
  else
    grep '^-A routec-choose ' "$at.ip${six}tables" | grep -qv '^-A routec-choose -j MARK'
  fi
}

# IPv4 asks the device alone that a packet came by, IPv6 the whole machine.
forwards_by_device() {
  for switch in /proc/sys/net/ipv4/conf/*/forwarding; do
    case $switch in */all/* | */default/*) continue ;; esac
    if grep -qx 1 "$switch"; then return; fi
  done
  return 1
}

# A policy for what is forwarded does nothing on a machine that forwards nothing.
forwarding() {
  for family in $families; do
    path=net/ipv4/ip_forward
    [ "$family" = 4 ] || path=net/ipv6/conf/all/forwarding
    forwards "$family" || continue
    if setting $path && [ "$value" = 1 ]; then continue; fi
    if [ "$family" = 4 ] && forwards_by_device; then continue; fi
    idle="this machine forwards no IPv$family, and the policy has rules for it"
    # At boot that may be switched on later, and nothing must leak then.
    if [ "$folder" = "$good" ]; then say "warning: $idle"
    else die "$idle" "sysctl -w $path=1, and a file in /etc/sysctl.d to keep it"; fi
  done
}

# Rules of others among ours, by which would go what an uplink that is down leaves over and not to the guard; and those
# of others that carry our protocol.
rules_of_others() {
  first=$(option "$at.manifest.json" priority)
  for family in $families; do
    ip -N "-$family" rule show | awk -v first="$first" -v own="$protocol" -v guard="$guard" '
      {
        by = ""
        for (i = 2; i < NF; i++) if ($i == "proto" || $i == "protocol") by = $(i + 1)
        is_own = by == own || by == guard
        sub(/^ */, "")
        pref = $1 + 0
      }
      pref >= first && pref < first + 1000 { if (!is_own) { print "among " $0; exit } next }
      is_own && pref != 32800 { print "alike " $0; exit }' >"$work/others"
    read -r which rule <"$work/others" || continue
    case $which in
      among) die "the rule \`$rule\` (IPv$family) stands among ours" 'give it another priority, or move ours: option priority N' ;;
    esac
    die "the rule \`$rule\` (IPv$family) has our protocol and no priority of ours: it would be removed as a stale one" \
      'if an older policy left it, take that away first, or move ours: option protocol N'
  done
}

# What stands against loading the files; FOLDER is what they want.
look_before() {
  one_backend
  if has running; then
    manifest_in "$run/running.json" >"$work/ran"
    for name in mark-mask priority protocol; do
      [ "$(option "$work/ran" "$name")" = "$(option "$at.manifest.json" "$name")" ] ||
        die "\`option $name\` is not what runs: open connections would change their uplink" "$number_help"
    done
    slots "$work/ran" >"$work/slots.ran"
    slots "$at.manifest.json" >"$work/slots"
    clash=$(awk '{ slot = $1; $1 = $2 = ""; sub(/^ */, "") }
      FILENAME == ARGV[1] { ran[slot] = $0; next }
      slot in ran && ran[slot] != $0 { print "slot " slot " is to mean " $0 ", and it is " ran[slot] " that runs"; exit }' \
      "$work/slots.ran" "$work/slots")
    [ -z "$clash" ] || die "$clash: open connections would change their uplink" "$number_help"
  fi
  forwarding
  sed -n 's/.* via \([^ ]*\) .*/\1/p' "$1"/routes.* >"$work/gateways"
  ip -o addr show | awk '{ sub(/\/.*/, "", $4); print $4 }' >"$work/own"
  own=$(grep -Fxf "$work/own" "$work/gateways" | sed 1q)
  [ -z "$own" ] || die "the gateway $own is an address of this machine itself" "name the provider's router"
  rules_of_others
  jumps_of_others "$1"
  [ "$backend" != nft ] || nft -c -f "$1/load" 2>"$work/error" || die "$(sed 3q "$work/error" | tr '\n' ' ')"
}
number_help='take the manifest back from git, or take away what runs first: stop'

# RAN NEXT: connections of outcomes that are in the one manifest alone begin anew, by the policy. It is no failure
# where that can't be.
forget() {
  [ -s "$1" ] && [ -s "$2" ] && command -v conntrack >/dev/null || return 0
  mask=$(option "$1" mark-mask)
  slots "$1" >"$work/slots.ran"
  slots "$2" >"$work/slots"
  awk '{ slot = $1; mark = $2; $1 = $2 = "" } FILENAME == ARGV[1] { key[slot] = $0; next }
    !(slot in key) || key[slot] != $0 { print mark }' "$work/slots" "$work/slots.ran" |
    while read -r mark; do conntrack -D -m "$mark/$mask" >/dev/null 2>&1; done
  return 0
}

# WANTED: whether that is live; if not, `why` says what is otherwise.
read_back() {
  why='what is live can not be read'
  live "$work/now" "$1" && differences "$work/now" "$1" >"$work/words" && has_room || return
  why=$(sed '1{s/^/read back: /;q;}' "$work/words")
  [ -z "$why" ]
}

# TO AGAIN [LAST]: from what is live ($work/live) to there, and reads it back: AGAIN works out once more what is wanted,
# for devices come and go. Then does LAST. Undoes all of it if any of that fails.
change() {
  why='no room is left to work in'
  if go "$work/live" "$1" && has_room && "$2" "$work/again" && read_back "$work/again" && "${3:-true}"; then
    rm -f "$run/begun.json" 2>/dev/null
    return 0
  fi
  failed=$why
  rm -f "$work/spare"
  standing "$work/live"
  : >"$work/live/named"
  why='what is live can not be read'
  if live "$work/now" "$work/live" && go "$work/now" "$work/live" && read_back "$work/live"; then
    # Where an earlier one was broken off, that has not ended.
    [ "$was_begun" ] || rm -f "$run/begun.json" 2>/dev/null
    complain "$failed" 'it was undone: all is as it was before'
    return 3
  fi
  complain "$failed; and it could not all be undone: $why" \
    'what is marked and finds no route is refused meanwhile; mend the cause, then start again'
  return 4
}

start() {
  gather
  tools
  lock 20
  find_leftovers
  forget_abandoned
  if has pending; then
    die 'a load still waits to be confirmed' 'confirm keeps it; without that it is taken back in time'
  fi
  if [ -n "$seconds" ] && has begun && ! has_snapshot; then
    die 'an apply was broken off, and what was before it is not known here' 'start without --confirm first'
  fi
  look
  sed 's/^/left out: /' "$work/wanted/left-out"
  ran >"$work/ran"
  if [ ! -s "$work/words" ]; then
    seconds=
    if ! draft_after || ! keep_after; then refuse_unwritten; fi
    rm -f "$run/begun.json"
    echo 'nothing to do: what is live is what is wanted'
  else
    look_before "$work/wanted"
    if ! draft_before "$work/live" "$work/wanted" || ! draft_after; then refuse_unwritten; fi
    [ -z "$seconds" ] || start_timer
    if ! begin; then
      rm -f "$run/pending.json"
      refuse_unwritten
    fi
    change "$work/wanted" wanted keep_after
    ended=$?
    if [ $ended != 0 ]; then
      [ -z "$seconds" ] || rm -f "$run/pending.json"
      [ $ended != 3 ] || know_again
      exit $ended
    fi
    forget "$work/ran" "$at.manifest.json"
  fi
  if [ -z "$seconds" ]; then
    keep_or_warn "$files"
    exit 0
  fi
  unlock
  say "loaded. It is taken back in ${seconds}s, unless \`sh $self confirm\` comes from another login"
  await_end
}

# Writes down what is to run from then on; it counts once it is kept.
draft_after() {
  running_json | draft running && cp -R "$files" "$run/load.loaded.$$" 2>"$work/error" && draft_links "$files"
}

# A load of which nobody would know is undone.
keep_after() {
  if [ -n "$seconds" ]; then
    deadline=$(($(now) + seconds * 1000000000))
    pending_json ",\"deadline\":\"$deadline\"" | draft pending
  fi && rm -rf "$run/loaded" && mv "$run/load.loaded.$$" "$run/loaded" 2>"$work/error" && put running && put_links &&
    { [ -z "$seconds" ] || put pending; } && return
  why=$(unwritable)
  return 1
}

# What is live, what is wanted, and in `words` how they differ.
look() {
  nothing "$work/none"
  live "$work/live" "$work/none" || die 'what is live can not be read'
  wanted "$work/wanted"
  live "$work/live" "$work/wanted" || die 'what is live can not be read'
  differences "$work/live" "$work/wanted" >"$work/words"
  has_room || die "$why" 'nothing was changed: make room, and try again'
}

# What a killed load left; whoever waits to be confirmed has a folder of its own still.
find_leftovers() {
  for left in "$run"/load.*; do
    [ -d "/proc/${left##*.}" ] || rm -rf "$left"
  done
}

# A load that was killed waits for nobody where its clock was killed, too, or never ran.
forget_abandoned() {
  if has pending && ! lives "$(field pending pid)" && ! ticks "$(field pending token)"; then rm -f "$run/pending.json"; fi
}

# PID: whether it runs; a killed one that nobody waited for does not.
lives() {
  case $(stat_of "$1" 1) in
    '' | Z) return 1 ;;
  esac
}

# TOKEN: whether the clock of that load still runs.
ticks() {
  [ "$(field timer token)" = "$1" ] && lives "$(field timer pid)"
}

pending_json() {
  logins >"$work/logins"
  printf '{"token":"%s","pid":%s,"login":%s%s}' "$token" "$$" "$(list_json "$work/logins")" "${1-}"
}

# The clock that takes it back: a process of its own, which survives the terminal, the login and this one. It
# runs before anything is changed.
start_timer() {
  setting kernel/random/uuid
  token=$value
  rm -f "$run/outcome.json" "$run/timer.json"
  # Whose load it is that waits: `routec apply` has no such file.
  printf '%s\n' "$token" >"$work/token"
  cp "$work/token" "$run/loaded.token" 2>"$work/error" || refuse_unwritten
  pending_json | record pending || refuse_unwritten
  if [ -d /run/systemd/system ]; then
    apart=
    [ "$(readlink /proc/self/ns/net)" = "$(readlink /proc/1/ns/net)" ] ||
      apart=--property=NetworkNamespacePath=/proc/$$/ns/net
    systemd-run --quiet --collect "--unit=routec-revert-$token" ${apart:+"$apart"} "--setenv=ROUTEC_RUN=$run" \
      "--setenv=ROUTEC_LIB=${good%/good}" sh "$self" revert "$token" </dev/null >/dev/null 2>&1 9>&-
  else
    setsid sh "$self" revert "$token" </dev/null >/dev/null 2>&1 9>&- &
  fi
  tries=10
  until [ "$(field timer token)" = "$token" ]; do
    if [ $tries = 0 ]; then
      rm -f "$run/pending.json"
      die 'the clock that would take it back does not start' 'nothing was changed'
    fi
    tries=$((tries - 1))
    sleep 1
  done
}

waits() {
  [ "$(field pending token)" = "$token" ]
}

# Whether what this waits for is on its way back, and nobody has told how that ended.
claimed() {
  [ "$(field overdue token)" = "$token" ] && [ "$(field outcome token)" != "$token" ]
}

# The clock itself: until it is confirmed, or its time is over, or whoever loads it was killed on the way.
revert() {
  token=$1
  printf '{"token":"%s","pid":%s}' "$token" "$$" | record timer || exit 2
  # Between two looks it may have been left to its clock again.
  while waits || claimed || waits; do
    if due; then
      lock 900
      if waits && [ -z "$(field pending deadline)" ] && ! has begun; then
        rm -f "$run/pending.json"
        exit 0
      fi
      help_back
      [ -z "$outcome" ] || exit
    fi
    sleep 1
  done
}

# Whether it is time to go back; where somebody else is on the way, that one may not get there.
due() {
  ! claimed || return 0
  deadline=$(field pending deadline)
  if [ -n "$deadline" ]; then
    [ "$(now)" -ge "$deadline" ]
  else
    ! lives "$(field pending pid)"
  fi
}

# What the clock does once it has the lock, and who waits: nobody keeps it who has nothing to take back any more.
help_back() {
  outcome=
  if claimed; then come_back; else take_back; fi
  [ "$outcome" ] || unlock
}

# Back to what was before, under the lock, unless somebody else has just said how it ends; `outcome` says how that went. It
# needs nothing of the artefacts, which may have changed since, and no disk: where nothing can be written, nobody knows
# afterwards, but nobody is locked out.
take_back() {
  outcome=
  [ "$(field pending token)" = "$token" ] || return 0
  # Where it can't be taken away, nobody else can take it either.
  mv "$run/pending.json" "$run/overdue.json" 2>/dev/null || [ "$(field pending token)" = "$token" ] || return 0
  come_back
}

come_back() {
  rm -f "$work/spare"
  outcome=stuck
  # What refused once may have been busy.
  if go_back || go_back; then outcome=reverted; fi
  # What was before stays known until it is live again, and that is told: who goes on after a kill needs it.
  printf '{"token":"%s","outcome":"%s"}' "$token" "$outcome" | record outcome || return
  forget_overdue 2>/dev/null
  [ $outcome != reverted ] || put_before
}

go_back() {
  read -r backend protocol <"$run/snapshot/by" || return
  guard=$((protocol + 1))
  live "$work/live" "$run/snapshot" || return
  before "$work/before"
  ran >"$work/ran"
  manifest_in "$work/before/running.json" >"$work/next"
  if draft_before "$work/live" "$work/before"; then put original && put begun; else rm -rf "$run/load.snapshot.$$"; fi
  change "$work/before" before || return
  forget "$work/ran" "$work/next"
  runs_no_more
  # What was known is wrong now, so it goes, whatever can be written.
  [ ! -e "$work/before/running.json" ] ||
    { cp "$work/before/running.json" "$run/load.running.$$" 2>"$work/error" && put running; } ||
    say "warning: what runs is not known: $(unwritable)"
  draft_links "$work/before/links" "$work/before" || rm -rf "$run/load.links.$$"
  put_links
  return 0
}

# FOLDER: what was live before, as far as it can be again.
before() {
  rm -rf "$1"
  cp -R "$run/snapshot" "$1"
  follow_links "$1"
  standing "$1"
  sift "$1"
}

# Connections still carry its numbers.
runs_no_more() {
  if has running; then
    sed '1s/","running":{/","past":{/' "$run/running.json" >"$work/past" &&
      cp "$work/past" "$run/load.past.$$" 2>"$work/error" && put past
    rm -f "$run/running.json"
  fi
  rm -rf "$run/loaded" "$run/loaded.token"
}

# FOLDER [STATE]: writes down what link hooks load once it is put there: the uplinks' files of what runs, neither what is
# not confirmed yet, nor what is only compiled. Where rules stay and nobody knows whose, only who loaded them knows where from.
draft_links() {
  if [ ! -d "$1" ] && [ -s "$2/rules.4" ]; then return; fi
  rm -rf "$work/links"
  mkdir "$work/links"
  for file in "$1"/*.uplink.*; do
    [ ! -e "$file" ] || cp "$file" "$work/links"
  done
  cp -R "$work/links" "$run/load.links.$$" 2>"$work/error"
}

put_links() {
  rm -rf "$run/links" 2>"$work/error" || return
  [ ! -e "$run/load.links.$$" ] || mv "$run/load.links.$$" "$run/links" 2>"$work/error"
}

# The lock, and nothing left of what was done without it.
lock_anew() {
  lock 60
  rm -rf "$work"
  mkdir "$work"
}

# Waits for the end, whoever brings it. Long after the time nobody else will: the clock was killed, perhaps on its way back.
# Where it ended and that could not be written down, nobody can tell.
await_end() {
  outcome=
  while [ -z "$outcome" ]; do
    sleep 1
    if [ "$(field outcome token)" = "$token" ]; then
      outcome=$(field outcome outcome)
    elif [ "$(now)" -le $((deadline + 5000000000)) ]; then
      continue
    elif waits; then
      lock_anew
      help_back
    elif ! ticks "$token" && [ "$(field outcome token)" != "$token" ]; then
      lock_anew
      # Another who claimed it, and was still on the way, has written it down by now.
      if [ "$(field outcome token)" = "$token" ]; then continue; fi
      # On a way back that one was killed, or could only not tell how it ended; or it was left to the clock again.
      if waits || claimed; then help_back; else outcome=untold; fi
    fi
  done
  case $outcome in
    confirmed)
      say confirmed
      exit 0
      ;;
    reverted)
      complain 'not confirmed in time' 'it was taken back: all is as it was before'
      exit 5
      ;;
    untold) complain 'how it ended is not known: it could not be written down, or somebody has loaded since' \
      "status says what is live; make room in $run, or start again" ;;
    *) complain 'not confirmed, and it could not be taken back' ;;
  esac
  exit 4
}

confirm() {
  has pending || die 'nothing waits to be confirmed'
  token=$(field pending token)
  [ -n "$(field pending deadline)" ] || die 'it is still being loaded' 'try again in a moment'
  [ "$(cat "$run/loaded.token" 2>/dev/null)" = "$token" ] ||
    die 'that was loaded by routec apply' 'routec confirm'
  if [ "${1-}" != --same-login ]; then
    sed 's/.*"login":\[\([^]]*\)\].*/\1/; s/","/"\n"/g' "$run/pending.json" | tr -d '"' >"$work/theirs"
    logins >"$work/ours"
    beyond "$work/ours" "$work/theirs" >"$work/others"
    cmp -s "$work/ours" "$work/others" ||
      die 'this is the login that loaded it: that it still works proves nothing' \
        'log in once more, and confirm from there; --same-login if there is no other way'
  fi
  if ! mv "$run/pending.json" "$run/claimed.json" 2>"$work/error"; then
    has pending || die 'too late: it is being taken back'
    die "$(unwritable)" 'it will be taken back: make that writable, and confirm again'
  fi
  printf '{"token":"%s","outcome":"confirmed"}' "$token" | record outcome ||
    say "warning: the one who loaded it is not told: $(unwritable)"
  keep_or_warn "$run/loaded"
  say 'confirmed: it stays'
}

stop() {
  gather
  tools
  lock 20
  find_leftovers
  nothing "$work/wanted"
  live "$work/live" "$work/wanted" || die 'what is live can not be read'
  one_backend
  jumps_of_others "$work/wanted"
  has_room || die "$why" 'nothing was changed: make room, and try again'
  if ! draft_before "$work/live" "$work/wanted" || ! draft_links "$work/wanted/links" "$work/wanted"; then refuse_unwritten; fi
  # A clock that runs goes back to what was before the load that nobody confirmed, should this be killed.
  if has pending; then put original && forget_overdue && put begun; else begin; fi || refuse_unwritten
  change "$work/wanted" nothing
  ended=$?
  [ $ended != 3 ] || know_again
  [ $ended = 0 ] || exit $ended
  if has pending; then
    token=$(field pending token)
    mv "$run/pending.json" "$run/claimed.json" &&
      printf '{"token":"%s","outcome":"reverted"}' "$token" | record outcome
    put_before
  fi
  runs_no_more
  put_links
  rm -f "$run/original.json" "$run/counters.json" "$run/baseline.json"
  [ "$folder" = "$good" ] || rm -rf "$good" ||
    say "warning: the next boot loads it again: $good can't be removed"
  exit 0
}

status() {
  gather
  tools
  look
  sed 's/^/left out: /' "$work/wanted/left-out"
  if has pending; then echo 'it waits to be confirmed'; fi
  if has begun; then echo 'a load was begun, and has not ended'; fi
  if [ ! -s "$work/words" ]; then
    echo "what is live is what $folder/$base.* say"
    exit 0
  fi
  if [ ! -s "$work/live/ruleset" ] && [ ! -s "$work/live/rules.4" ]; then
    echo 'nothing of routec is live'
    exit 1
  fi
  cat "$work/words"
  exit 1
}

usage() {
  die "usage: sh ${0##*/} start [--confirm SECONDS] | reload [--confirm SECONDS] | stop | status | confirm [--same-login]"
}

folder=${0%/*}
[ "$folder" != "$0" ] || folder=.
folder=$(cd -P -- "${folder:-/}" && pwd) || exit 2
base=${0##*/}
self=$folder/$base
base=${base%.load.sh}
[ "$self" = "$folder/$base.load.sh" ] || die "$0: it is to be called as the policy's other files are, policy.load.sh"

seconds=
case ${1-} in
  start | reload)
    case $#${2-} in
      1) ;;
      3--confirm)
        seconds=${3%s}
        case $seconds in
          '' | 0* | *[!0-9]* | ??????*) die '--confirm: for how many seconds?' '--confirm 60' ;;
        esac
        ;;
      *) usage ;;
    esac
    prepare "$@"
    start
    ;;
  confirm)
    case $#${2-} in
      1 | 2--same-login) ;;
      *) usage ;;
    esac
    prepare "$@"
    confirm "${2-}"
    exit
    ;;
  stop | status)
    [ $# = 1 ] || usage
    prepare "$@"
    "$1"
    ;;
  revert)
    prepare "$@"
    revert "${2-}"
    exit
    ;;
  try)
    work=$2
    at=$work/files/$base
    backend=nft
    [ ! -e "$at.iptables" ] || backend=iptables
    tables=iptables
    [ ! -d /proc/sys/net/ipv6 ] || tables='iptables ip6tables'
    "${backend}_try" "$3"
    exit
    ;;
  *) usage ;;
esac
