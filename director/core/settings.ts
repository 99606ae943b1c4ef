/**
 * The switches of the data plane with the names, units and defaults of the kernel's `net.ipv4.vs.*`
 * (Documentation/networking/ipvs-sysctl.rst), as far as they change what is forwarded. Booleans are 0 and 1, as there. Only
 * `sync_qlen_max` counts something else, and has a default of its own.
 */
export interface Settings {
  /** Rate of `drop_entry` and `drop_packet` in mode 3: one in this many. */
  am_droprate: number;
  /** Free memory in pages under which the defences of mode 1 and 2 work. Here: free entries of the connection table. */
  amemthresh: number;
  /** 1: a node that is not master forwards nothing; 0: it forwards what it is sent of connections that it knows. */
  backup_only: number;
  /** 1: a service without a usable real server passes packets on to the address itself. */
  cache_bypass: number;
  /** Not 0: a SYN on a connection in TIME_WAIT or CLOSE is scheduled anew; bit 1: also in FIN_WAIT with one half seen. */
  conn_reuse_mode: number;
  /** 0 off, 1 and 2 on when the table is short of room, 3 always: drop embryonic connections at random. */
  drop_entry: number;
  /** 0 off, 1 and 2 on when the table is short of room, 3 always: drop one packet of a service in so many. */
  drop_packet: number;
  /** 1: the entry of a connection whose real server is gone ends with its next packet. */
  expire_nodest_conn: number;
  /** 1: a persistence template of a quiesced real server is not used any more. */
  expire_quiescent_template: number;
  /** 1: packets in a tunnel are not looked into. They never are here. */
  ignore_tunneled: number;
  /** Seconds after which a destination is forgotten by lblc and lblcr. */
  lblc_expiration: number;
  lblcr_expiration: number;
  /** 1: a real server's packet without a connection is answered with ICMP port unreachable. */
  nat_icmp_send: number;
  /** 1: a packet that is too big and must not be fragmented is answered with ICMP; 0: fragmented by the path. */
  pmtu_disc: number;
  /** 1: rates are estimated. */
  run_estimation: number;
  /** 1: ICMP errors may be scheduled like packets of the connection that they speak of. */
  schedule_icmp: number;
  /** 0 off, 1 and 2 on when the table is short of room, 3 always: the TCP states that trust only seen replies. */
  secure_tcp: number;
  /** 1: any segment but a RST opens a connection. */
  sloppy_tcp: number;
  /** 1: any SCTP packet opens an association. */
  sloppy_sctp: number;
  /** 1: replies of Masq are routed by their new source address; routing here never looks at the source. */
  snat_reroute: number;
  /** 1: peers are told templates only. */
  sync_persist_mode: number;
  /**
   * The most connections that wait to be synced, at most 1,048,576. The kernel counts sync messages instead, and its
   * default is 1/32 of the memory's pages.
   */
  sync_qlen_max: number;
  /** The client packet from which on a connection is synced, and the period after it. */
  sync_threshold: readonly [threshold: number, period: number];
  /** The least time between two sync messages of a connection whose state does not change, in seconds; 0 off. */
  sync_refresh_period: number;
  /** The version of the messages that a sync daemon sends which is started from now on: 0 or 1. */
  sync_version: number;
  /** With a refresh period: so often is a sync message repeated, an eighth of the period apart. Ours need it not. */
  sync_retries: number;
}

/** The kernel's defaults (recorded from Linux 6.1), but for `sync_qlen_max`, which depends on the memory there. */
export const defaultSettings = (): Settings => ({
  am_droprate: 10,
  amemthresh: 1_024,
  backup_only: 0,
  cache_bypass: 0,
  conn_reuse_mode: 1,
  drop_entry: 0,
  drop_packet: 0,
  expire_nodest_conn: 0,
  expire_quiescent_template: 0,
  ignore_tunneled: 0,
  lblc_expiration: 86_400,
  lblcr_expiration: 86_400,
  nat_icmp_send: 0,
  pmtu_disc: 1,
  run_estimation: 1,
  schedule_icmp: 0,
  secure_tcp: 0,
  sloppy_tcp: 0,
  sloppy_sctp: 0,
  snat_reroute: 1,
  sync_persist_mode: 0,
  sync_qlen_max: 65_536,
  sync_threshold: [3, 50],
  sync_refresh_period: 0,
  sync_version: 1,
  sync_retries: 0,
});
