#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# apt-suite SUITE: lets apt see another Debian suite, from wherever this image's own packages come.
#
# The source is derived from the image's own, so that no mirror is named and a local one is respected. A mirror's copy of
# a suite may be older than its Release file allows ("Check-Valid-Until: no").
set -eu
suite=$1
own=/etc/apt/sources.list.d/debian.sources
new=/etc/apt/sources.list.d/$suite
if [ -s "$own" ]; then
  # deb822: paragraphs of fields. The security archive has no such suite.
  awk -v suite="$suite" '
    BEGIN { RS = ""; ORS = "\n\n" }
    /-security/ { next }
    /(^|\n)URIs:/ { sub(/\nCheck-Valid-Until:[^\n]*/, ""); sub(/(^|\n)Suites:[^\n]*/, "\nSuites: " suite); print $0 "\nCheck-Valid-Until: no" }
  ' "$own" >"$new.sources"
  new=$new.sources
else
  sed -nE -e '/-security/d' \
    -e "s/^deb +\[([^]]*)\] +([^ ]+) +[^ ]+ +/deb [\1 check-valid-until=no] \2 $suite /p" \
    -e "s/^deb +([^[ ]+) +[^ ]+ +/deb [check-valid-until=no] \1 $suite /p" /etc/apt/sources.list | sort -u >"$new.list"
  new=$new.list
fi
[ -s "$new" ] || { echo "Cannot derive a source for $suite: neither $own nor /etc/apt/sources.list names a Debian mirror" >&2; exit 1; }
