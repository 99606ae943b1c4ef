import type { Range } from './statement-reader.js';

/** A switch that is off or on. */
const Switch: Range = { minimum: 0, maximum: 1 };
/** A defence: off, on when the table is short of room (1 and 2), always on. */
const Mode: Range = { minimum: 0, maximum: 3 };
/** The kernel counts these in a signed word of milliseconds. */
const Seconds: Range = { minimum: 0, maximum: 2_147_483 };

/**
 * The settings of the data plane that `sysctl` sets, under the kernel's names below `net.ipv4.vs`
 * (Documentation/networking/ipvs-sysctl.rst), and the values that each takes. `sync_threshold` is not among them: its pair
 * of numbers has a keyword of its own.
 */
export const SysctlRanges = {
  am_droprate: { minimum: 1, maximum: 2_147_483_647 },
  amemthresh: { minimum: 0, maximum: 2_147_483_647 },
  backup_only: Switch,
  cache_bypass: Switch,
  conn_reuse_mode: { minimum: 0, maximum: 3 },
  drop_entry: Mode,
  drop_packet: Mode,
  expire_nodest_conn: Switch,
  expire_quiescent_template: Switch,
  ignore_tunneled: Switch,
  lblc_expiration: Seconds,
  lblcr_expiration: Seconds,
  nat_icmp_send: Switch,
  pmtu_disc: Switch,
  run_estimation: Switch,
  schedule_icmp: Switch,
  secure_tcp: Mode,
  sloppy_tcp: Switch,
  sloppy_sctp: Switch,
  snat_reroute: Switch,
  sync_persist_mode: Switch,
  // The queue has its memory from the start.
  sync_qlen_max: { minimum: 1, maximum: 1_048_576 },
  sync_refresh_period: Seconds,
  sync_retries: { minimum: 0, maximum: 3 },
  sync_version: Switch,
} satisfies Readonly<Record<string, Range>>;

/** A setting of the data plane. */
export type SysctlName = keyof typeof SysctlRanges;

/** The settings that a file changes; the others keep the kernel's defaults. */
export type SysctlSettings = Partial<Record<SysctlName, number>>;

/** True for the name of a setting. */
export const isSysctlName = (name: string): name is SysctlName => Object.hasOwn(SysctlRanges, name);
