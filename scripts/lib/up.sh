# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
#
# What scripts/up makes, and scripts/down and scripts/rclonegwctl need to find again. To be sourced after host.sh.

UP=$STATE/up
UP_REDIS_PORT=${UP_REDIS_PORT:-46379}
UP_GATEWAY=rclone-gateway-up
UP_REDIS=rclone-gateway-up-redis
UP_VOLUMES=(rclone-gateway-up-repo rclone-gateway-up-state rclone-gateway-up-redis)
UP_GATEWAY_IMAGE=localhost/rclone-gateway:latest
UP_RESTIC_IMAGE=localhost/rclone-gateway-restic:latest
UP_REDIS_IMAGE=localhost/rclone-gateway-redis:latest

# up_rclonegwctl ARGS…: the operator's command out of the image, with the settings of the gateway that scripts/up started.
up_rclonegwctl() {
  local terminal=()
  # Only then, because a terminal mixes standard output and standard error.
  if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then terminal=(--tty); fi
  podman run --rm --interactive "${terminal[@]}" --network=host --env-file "$UP/gateway.env" --env="USER=${SUDO_USER:-${USER:-root}}" \
    --volume "${UP_VOLUMES[1]}:/var/lib/rclone-gateway" \
    --entrypoint deno "$UP_GATEWAY_IMAGE" run --quiet --no-prompt --cached-only \
    --config /opt/rclone-gateway/deno.json -P=rclonegwctl /opt/rclone-gateway/scripts/rclonegwctl.ts "$@"
}
