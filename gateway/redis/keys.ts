/** Names of Redis keys and channels, once. They are NethServer 8's and stay as they are. */
export const KEYS = {
  acls: "cluster/acls",
  moduleUuid: "cluster/module_uuid",
  moduleNode: "cluster/module_node",
  restoreUuid: "private/nodes/restore_uuid",
  rcloneConf: "private/nodes/backup_destination/rclone_conf",
  resticPassword: "private/agents/backup_destination/restic_password",
  network: "cluster/network",
  clusterEnvironment: "cluster/environment",
  repository: (destination: string): string => `cluster/backup_repository/${destination}`,
  repositoryPattern: "cluster/backup_repository/*",
  /** a definition of backups: `repository` is its destination */
  backup: (id: string): string => `cluster/backup/${id}`,
  backupPattern: "cluster/backup/*",
  /** counted up whenever a backup is defined */
  backupSequence: "cluster/backup_sequence",
  clusterUuid: "cluster/uuid",
  moduleEnvironment: (module: string): string => `module/${module}/environment`,
  /** a SET: `no_data_backup` says that there is nothing to back up */
  moduleFlags: (module: string): string => `module/${module}/flags`,
  moduleUiName: (module: string): string => `module/${module}/ui_name`,
  /** of a backup on one node: module id -> JSON, how its last run went */
  backupStatus: (node: string, backup: string): string => `node/${node}/backup_status/${backup}`,
  backupStatusPattern: "node/*/backup_status/*",
  /** the gateway's own additions to a definition of backups */
  backupAdditions: (id: string): string => `private/nodes/gateway/backup/${id}`,
  /** snapshots that a node has seen being made: id -> JSON. `repository` is `<destination>/<app type>/<module uuid>` */
  snapshots: (repository: string): string => `private/nodes/gateway/snapshots/${repository}`,
  /** what nodes know of a repository: when it was pruned and verified, and why pruning is held */
  repositoryFacts: (repository: string): string => `private/nodes/gateway/repository/${repository}`,
  /** there while a node works on a repository, and for a minute or two after it has died */
  run: (repository: string, node: string): string => `private/nodes/gateway/run/${repository}/${node}`,
  /** the gateway's own: what is left of a destination that was removed, so that what it stores stays readable */
  tombstone: (destination: string): string => `private/nodes/gateway/tombstone/${destination}`,
  tombstonePattern: "private/nodes/gateway/tombstone/*",
  /** the gateway's own: a stream of what operators did that needs to be remembered */
  audit: "private/nodes/gateway/audit",
  vpn: (node: string): string => `node/${node}/vpn`,
  vpnPattern: "node/*/vpn",
} as const;

export const CHANNELS = {
  destinationChanged: "cluster/event/backup-destination-changed",
  backupStatusChanged: (node: string): string => `node/${node}/event/backup-status-changed`,
  scheduleChanged: "cluster/event/backup-schedule-changed",
  aclChanged: "cluster/event/acl-changed",
} as const;
