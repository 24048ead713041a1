/**
 * Where things are inside the container. Fixed, because HAProxy's base.cfg, the Lua actions and the service
 * scripts name the same paths: a test compares them.
 */
export const HOME = "/opt/rclone-gateway";
export const RUN = "/run/gateway";
/** a symbolic link to the bundle that is in force */
export const CURRENT = `${RUN}/current`;
export const BUNDLES = `${RUN}/bundles`;
export const ENV = `${RUN}/env`;
export const SERVICES = `${RUN}/services`;
export const RCLONE_SERVICE = `${SERVICES}/rclone`;
/** every destination and `combined:`, for people inside the container */
export const RCLONE_CONF = `${RUN}/rclone.conf`;
/** one folder for each instance of rclone: its configuration and its sockets */
export const INSTANCES = `${RUN}/rclone`;
export const AUTHZ_SOCKET = `${RUN}/authz/authz.sock`;
export const KEEPER_SOCKET = `${RUN}/controller/keeper.sock`;
/** what other nodes ask this one, passed on by HAProxy */
export const CONTROL_SOCKET = `${RUN}/controller/control.sock`;
/** the name under which HAProxy knows the map of ways over other nodes */
export const FAILOVER_MAP = `${CURRENT}/failover.map`;
export const HAPROXY_MASTER_SOCKET = `${RUN}/haproxy/master.sock`;
export const HAPROXY_ADMIN_SOCKET = `${RUN}/haproxy/admin.sock`;
/** HAProxy's own Prometheus exporter */
export const HAPROXY_METRICS_SOCKET = `${RUN}/haproxy/metrics.sock`;
/** where HAProxy hears from the sidecar what Redis vouches for */
export const VOUCHING_SOCKET = `${RUN}/haproxy/vouching.sock`;
/** where HAProxy asks other nodes over TLS, for the controller */
export const ASKING_SOCKET = `${RUN}/haproxy/asking.sock`;
/** where this node's local destination is stored */
export const LOCAL_REPOSITORIES = "/srv/repo";
