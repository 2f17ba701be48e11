#!/bin/sh
# Stands in front of ip, nft, iptables-restore and the like on a PATH, by links of their names. It counts the calls that
# change the router's own kernel, in the file `count` beside its folder; at the one that the file `at` there names
# it does what that names behind it:
#   kill   lets the tool do all of it, then kills who called it
#   half   lets the tool read half of its input, then kills who called it
#   fail   does half of it, and fails
tool=${0##*/}
folder=${0%/*}/..
read -r wrapper_at wrapper_do <"$folder/at"
PATH=/usr/sbin:/usr/bin:/sbin:/bin
changes=no
case "$tool $*" in
  "ip -4 -batch -" | "ip -6 -batch -") changes=yes ;;
  "nft -f -" | "nft delete "* | "sysctl -q -w "* | "conntrack -D "*) changes=yes ;;
  "ipset -exist restore" | ip*"tables-restore -w --noflush") changes=yes ;;
esac
# What is tried in an empty namespace does not count.
[ /proc/self/ns/net -ef "/proc/$PPID/ns/net" ] || changes=no
[ $changes = yes ] || exec "$tool" "$@"
read -r count <"$folder/count"
count=$((count + 1))
echo $count >"$folder/count"
[ $count = "$wrapper_at" ] || exec "$tool" "$@"
case $wrapper_do in
  kill)
    "$tool" "$@"
    kill -9 $PPID
    ;;
  *)
    input=$(cat)
    lines=$(printf '%s\n' "$input" | wc -l)
    [ "$tool" != ip ] || printf '%s\n' "$input" | head -n $((lines / 2)) | "$tool" "$@"
    [ "$wrapper_do" != half ] || kill -9 $PPID
    echo "no, says the wrapper" >&2
    exit 1
    ;;
esac
