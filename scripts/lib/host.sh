# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes a plain Debian or Ubuntu host ready to build and run the images. To be sourced:
#
#   . "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/host.sh"
#   host_root "$@"       # goes on as root (through sudo), or ends
#   host_prepare         # installs what is missing, finds a way to run containers
#   podman run …         # CONTAINERS_CONF is exported where this host needs it
#
# Gives: say, warn, die, REPO, STATE, host_root, host_state, host_need, host_prepare, host_podman, host_deno.
# All messages go to stderr, so that a script's own output stays its own.

REPO=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
STATE=${RCLONE_GATEWAY_STATE:-$REPO/.state}

HOST_PODMAN_AT_LEAST=4.3
# What sudo would drop and the scripts go by.
HOST_KEPT_ENV='^(RCLONE_GATEWAY_[A-Z_]+|UP_REDIS_PORT|(BASE|DENO|REDIS)_IMAGE|CONTAINERS_CONF|(https?|no|all)_proxy|(HTTPS?|NO|ALL)_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|NO_COLOR)$'

say() { printf '%s\n' "$*" >&2; }
warn() { say "warning: $*"; }

# die MESSAGE [EXIT CODE]
die() {
  say "error: $1"
  exit "${2:-1}"
}

# Goes on as root: podman's images, the tests' network namespaces and apt-get all need it.
host_root() {
  # Files made here are read inside containers by other users, whatever the umask of the person is.
  umask 022
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null ||
    die "$0 needs root for Podman and network namespaces, and sudo is not installed: run it as root" 2
  local name kept=()
  while IFS= read -r name; do
    [[ $name =~ $HOST_KEPT_ENV ]] && kept+=("$name=${!name}")
  done < <(compgen -e)
  exec sudo -- env "${kept[@]}" "$0" "$@"
}

# The folder for what this checkout keeps on the host. Where sudo made it, it still belongs to the person.
host_state() {
  local folder
  for folder in "$STATE" "$@"; do
    [ -d "$folder" ] && continue
    mkdir -p "$folder" || die "cannot create $folder: make it writable, or name another place in RCLONE_GATEWAY_STATE"
    [ "$(id -u)" != 0 ] || chown --reference="$REPO" "$folder"
  done
}

host_requirements() {
  cat >&2 <<TEXT
This script installs what it needs on Debian 12 or newer and Ubuntu 24.04 or newer. On any other host, install these
first, and run it again:
  - podman >= $HOST_PODMAN_AT_LEAST with crun or runc, and netavark with aardvark-dns for bridge networks
  - iproute2 (ip), util-linux (unshare, flock), coreutils (timeout), tar, xz, CA certificates
  - access to a container registry for the base images (without one: mmdebstrap and npm)
TEXT
}

# True on Debian, Ubuntu and what says that it is like them.
host_is_debian() {
  [ -r /etc/os-release ] && command -v apt-get >/dev/null || return 1
  # shellcheck disable=SC1091
  (. /etc/os-release && [[ " ${ID:-} ${ID_LIKE:-} " == *\ debian\ * || " ${ID:-} " == *\ ubuntu\ * ]])
}

# host_need PACKAGE…: installs those that are missing. Quiet unless it fails.
host_need() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  say "Installing with apt-get: ${missing[*]}"
  local log
  log=$(mktemp)
  # A package that this release does not have is told by apt-get itself, by name.
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "apt-get could not install ${missing[*]}: mend what it says above (no network? another apt-get running?) and run this again"
  fi
  rm -f "$log"
}

host_tools_missing() {
  local tool
  for tool in podman ip unshare flock timeout; do
    command -v "$tool" >/dev/null || echo "$tool"
  done
}

host_packages() {
  local -A package=([podman]=podman [ip]=iproute2 [unshare]=util-linux [flock]=util-linux [timeout]=coreutils)
  local tool needed=()
  for tool in $(host_tools_missing); do
    needed+=("${package[$tool]}")
    # Recommended only, and bridge networks with names (compose.yaml) need all three of them.
    [ "$tool" = podman ] && needed+=(netavark aardvark-dns iptables)
  done
  [ -s /etc/ssl/certs/ca-certificates.crt ] || needed+=(ca-certificates)
  [ ${#needed[@]} = 0 ] && return
  if ! host_is_debian; then
    say "This host lacks: ${needed[*]}"
    host_requirements
    exit 2
  fi
  host_need "${needed[@]}"
}

host_podman_version() {
  local version
  version=$(podman version --format '{{.Client.Version}}' 2>/dev/null) || version=0
  [ "$(printf '%s\n' "$HOST_PODMAN_AT_LEAST" "$version" | sort -V | head -n 1)" = "$HOST_PODMAN_AT_LEAST" ] && return
  say "podman here is $version, and at least $HOST_PODMAN_AT_LEAST is needed."
  host_requirements
  exit 2
}

# Runs a container without needing an image: its root is the host's own /usr, read-only.
host_try_container() {
  local root=$STATE/host/probe link
  mkdir -p "$root"/{usr,proc,sys,dev,run,tmp,etc}
  for link in bin sbin lib lib32 lib64; do
    if [ -L "/$link" ] && [ ! -L "$root/$link" ]; then cp -P "/$link" "$root/$link"; fi
  done
  timeout 60 podman run --rm --network=host --volume /usr:/usr:ro --rootfs "$root" /usr/bin/true
}

# host_write_conf FILE [RUNTIME]
host_write_conf() {
  local files processes
  files=$(ulimit -Hn) processes=$(ulimit -Hu)
  [ "$files" != unlimited ] || files=1048576
  # Well below the limit: what runs on the host beside the containers counts against it, too.
  if [ "$processes" = unlimited ] || [ "$processes" -gt 65536 ]; then processes=32768; else processes=$((processes / 2)); fi
  {
    echo "# Written by $REPO/scripts/lib/host.sh because this host's Podman could not run a container without it."
    echo "# Remove it to have that tried again."
    echo '[containers]'
    echo "default_ulimits = [\"nofile=$files:$files\", \"nproc=$processes:$processes\"]"
    [ -z "${2:-}" ] || printf '[engine]\nruntime = "%s"\n' "$2"
  } >"$1"
}

# Finds, by trying, how containers can be run here, and exports CONTAINERS_CONF where the defaults do not do.
#
# Two things are known to fail: crun on cgroup v1 or hybrid, and Podman's default limits where the host may not raise its own.
# The host's configuration is left alone.
host_podman() {
  # Podman 5 says on every call that cgroup v1 is on its way out; here that changes nothing.
  export PODMAN_IGNORE_CGROUPSV1_WARNING=1
  host_state "$STATE/host"
  local conf=$STATE/host/containers.conf candidate error="" runtime
  if [ -s "$conf" ]; then
    if error=$(CONTAINERS_CONF=$conf host_try_container 2>&1); then
      export CONTAINERS_CONF=$conf
      return
    fi
    rm -f "$conf"
  fi
  host_try_container >/dev/null 2>&1 && return
  candidate=$(mktemp "$STATE/host/containers.conf.XXXXXX")
  for runtime in "" runc; do
    if [ -n "$runtime" ] && ! command -v "$runtime" >/dev/null && host_is_debian; then host_need "$runtime"; fi
    host_write_conf "$candidate" "$runtime"
    if error=$(CONTAINERS_CONF=$candidate host_try_container 2>&1); then
      chmod 0644 "$candidate"
      mv "$candidate" "$conf"
      export CONTAINERS_CONF=$conf
      say "Podman's defaults cannot run a container on this host; using $conf (${runtime:+runtime $runtime, }limits the host allows)."
      return
    fi
  done
  rm -f "$candidate"
  say "$error"
  die "Podman cannot run a container here, neither with its defaults nor with runc and lower limits (its last words are above). Make 'podman run --rm IMAGE true' work as root, then run this again."
}

# Everything above, in order; needs root.
host_prepare() {
  [ "$(id -u)" = 0 ] || die "host_prepare was called without root: this is a mistake in $0, which must call host_root first"
  export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
  host_packages
  host_podman_version
  host_podman
}

# Prints the path of Deno in the very version of the image: what is on PATH where that is it, else a copy out of the Deno image,
# made at the first need.
host_deno() {
  local wanted program
  wanted=$(sed -n 's/^ARG DENO_IMAGE=.*:bin-//p' "$REPO/Containerfile")
  for program in "$(command -v deno || true)" "$STATE/deno/deno"; do
    if [ -x "$program" ] && [ "$("$program" --version 2>/dev/null | awk 'NR == 1 { print $2 }')" = "$wanted" ]; then
      echo "$program"
      return
    fi
  done
  "$REPO/scripts/images" deno >&2 || return
  echo "$STATE/deno/deno"
}
