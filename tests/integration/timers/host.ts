/** What timers_test.ts puts on its host, as scripts that run there. */
import { redisOfNethserver8 } from "../../images/host/nethserver8_node.ts";

export const DESTINATION = "0b9c1e1e-6f0a-5d3b-9c57-2f5a3c1d7e10";
export const NODE_SECRET = "node-secret-7d1b";

/** In the place of run-backup: a line for each run, and a status as the real one leaves it. */
export function standIn(code: number, seconds = 0): string {
  const steps = code === 0
    ? '{"backup":{"kind":"done"},"manifest":{"kind":"done"}}'
    : '{"backup":{"kind":"failed","because":"no space"}}';
  return `cat >/usr/local/bin/run-backup.new <<'END'
#!/bin/bash
echo "$* $(date +%s)" >>/var/tmp/ran
sleep ${seconds}
redis-cli hset node/1/backup_status/1 dokuwiki1 "{\\"start\\":$(date +%s),\\"end\\":$(date +%s),\\"added\\":$(date +%s%N),\\"errors\\":${code},\\"steps\\":${
    steps.replaceAll('"', '\\"')
  }}" >/dev/null
exit ${code}
END
chmod 0755 /usr/local/bin/run-backup.new; mv -f /usr/local/bin/run-backup.new /usr/local/bin/run-backup`;
}

/** A node with its Redis and a module, as NethServer 8 has them. */
export function cluster(): string {
  return redisOfNethserver8({
    destination: DESTINATION,
    nodeSecret: NODE_SECRET,
    moduleSecret: "module-secret-93c4",
    resticPassword: "restic-password-51ee",
    uuids: { dokuwiki1: "5c2d9e64-6a33-4b52-8d0f-0d3fd2c0a7aa" },
  });
}
