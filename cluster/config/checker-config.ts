import type { IpAddress } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';
import type { CommandConfig } from './vrrp-config.js';

/**
 * A health checker of a real server, by the name of its block. All defaults of keepalived are filled in: what a checker
 * leaves out it has from its real server, that from its virtual server, and that from keepalived. A real server is up while
 * all of its checkers say so.
 */
export type CheckerConfig =
  | TcpCheckConfig
  | HttpCheckConfig
  | SmtpCheckConfig
  | DnsCheckConfig
  | UdpCheckConfig
  | PingCheckConfig
  | MiscCheckConfig
  | FileCheckConfig
  | BfdCheckConfig;

/** When a checker that asks something asks it, and how often it has to fail. */
export interface CheckTiming {
  /** `delay_loop`: from the end of one check to the next; 60 s unless the file says otherwise. */
  readonly delayLoop: Duration;
  /** `retry`: failures in a row, beyond the first, before an up server counts as down. 1; 3 for DNS; 0 for MISC. */
  readonly retry: number;
  /** `delay_before_retry`: before such a further check. 1 s; 3 s for HTTP and SSL; `delayLoop` for DNS. */
  readonly delayBeforeRetry: Duration;
  /** `warmup`: the first check waits a random part of this; `delayLoop` unless the file says otherwise, 0 for none. */
  readonly warmup: Duration;
  /** `alpha`: the server counts as down until the first check has succeeded. */
  readonly alpha: boolean;
  /** `log_all_failures`: also those that change nothing. */
  readonly logAllFailures: boolean;
}

/** Where a checker that connects connects to, and from where. */
export interface CheckConnection {
  /** `connect_ip`: the real server's address unless the file says otherwise. */
  readonly address: IpAddress;
  /** `connect_port`: the real server's port unless the file says otherwise; 0 to 65535, and PING has no use for it. */
  readonly port: number;
  /** `bindto`: of the family of `address`; undefined for what the kernel chooses. */
  readonly bindAddress: IpAddress | undefined;
  /** `bind_port`, 1 to 65535; undefined for what the kernel chooses. */
  readonly bindPort: number | undefined;
  /** `bind_if`: there for every link-local address. */
  readonly bindDevice: string | undefined;
  /** `fwmark`: the mark of outgoing packets (SO_MARK); 0 for none. */
  readonly mark: number;
  /** `connect_timeout`: how long the peer has for an answer; 5 s unless the file says otherwise. */
  readonly timeout: Duration;
}

/** What every checker has that asks the real server over the network. */
interface NetworkCheck extends CheckTiming {
  readonly connection: CheckConnection;
}

/** `TCP_CHECK`: the connection is established. */
export interface TcpCheckConfig extends NetworkCheck {
  readonly kind: 'TCP_CHECK';
}

/** `HTTP_GET`, `SSL_GET`: every URL answers as it should, one after the other. */
export interface HttpCheckConfig extends NetworkCheck {
  readonly kind: 'HTTP_GET' | 'SSL_GET';
  /** `http_protocol`: `1.0C` is 1.0 with `Connection: close`, which 1.1 always has. */
  readonly protocol: '1.0' | '1.0C' | '1.1';
  /** `enable_sni`: SSL_GET names a host in its handshake: `sniName`, or else the virtual host. */
  readonly enableSni: boolean;
  /** `sni_name`; undefined for the virtual host. */
  readonly sniName: string | undefined;
  /** `fast_recovery`: a server that starts or comes back is asked all URLs without `delayLoop` between them. */
  readonly fastRecovery: boolean;
  /** `tls_compliant`: a TLS stream that ends without close_notify is a failure. */
  readonly tlsCompliant: boolean;
  /** At least one. */
  readonly urls: readonly UrlCheckConfig[];
}

/** A `url` block: what is asked for, and what the answer has to be. All that is given has to hold. */
export interface UrlCheckConfig {
  readonly path: string;
  /** `virtualhost` of the URL, checker, real or virtual server; undefined: the address of the server. */
  readonly virtualHost: string | undefined;
  /** `digest`: the MD5 of the body, as 32 lower-case hexadecimal digits. */
  readonly digest: string | undefined;
  /** `status_code`: 100 to 599; 200 to 299 unless the file says otherwise. */
  readonly statusCodes: readonly StatusCodeRange[];
  readonly regex: RegexConfig | undefined;
  /** `tls_compliant` of the URL, or that of its checker. */
  readonly tlsCompliant: boolean;
}

/** Both included. */
export interface StatusCodeRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** `regex`: what the body of an answer has to match. */
export interface RegexConfig {
  /** In the syntax of PCRE2. It may be one that JavaScript's RegExp refuses. */
  readonly pattern: string;
  /** `regex_options` in keepalived's words: caseless, dotall, multiline, extended, ... */
  readonly options: readonly string[];
  /** `regex_no_match`: a match is a failure. */
  readonly noMatch: boolean;
  /** `regex_min_offset`: the first byte of the body at which a match may begin. */
  readonly minimumOffset: number;
  /** `regex_max_offset`: a match begins before this byte of the body; undefined or 0 for any. */
  readonly maximumOffset: number | undefined;
}

/** `SMTP_CHECK`: the server greets, takes HELO, and says goodbye. */
export interface SmtpCheckConfig extends NetworkCheck {
  readonly kind: 'SMTP_CHECK';
  /** `helo_name`. */
  readonly heloName: string;
}

/** The query types of `DNS_CHECK`. */
export type DnsType = (typeof DnsTypes)[number];
export const DnsTypes = ['A', 'NS', 'CNAME', 'SOA', 'MX', 'TXT', 'AAAA'] as const;

/** `DNS_CHECK`: the server answers a query over UDP without an error. */
export interface DnsCheckConfig extends NetworkCheck {
  readonly kind: 'DNS_CHECK';
  /** SOA unless the file says otherwise. */
  readonly type: DnsType;
  /** `.` unless the file says otherwise: labels of 1 to 63 bytes, 253 together. */
  readonly name: string;
}

/** `UDP_CHECK`: the server does not refuse a datagram, or answers it. */
export interface UdpCheckConfig extends NetworkCheck {
  readonly kind: 'UDP_CHECK';
  /** Undefined for a random one. */
  readonly payload: Uint8Array | undefined;
  /** Undefined: no answer is needed, and an ICMP error is the only failure. */
  readonly reply: UdpReplyConfig | undefined;
}

/** `require_reply`: what an answer has to be like. */
export interface UdpReplyConfig {
  /** Compared with the first bytes of the answer; empty for any. */
  readonly data: Uint8Array;
  /** As long as `data`: the bits of each byte that have to be equal. */
  readonly mask: Uint8Array;
  /** In bytes: 0 to 255 unless the file says otherwise, at most 65535. */
  readonly minimumLength: number;
  readonly maximumLength: number;
}

/** `PING_CHECK`: the server answers an ICMP echo request. */
export interface PingCheckConfig extends NetworkCheck {
  readonly kind: 'PING_CHECK';
}

/** `MISC_CHECK`: a program exits with 0. */
export interface MiscCheckConfig extends CheckTiming {
  readonly kind: 'MISC_CHECK';
  readonly command: CommandConfig;
  /** `misc_timeout`: a run that takes longer is killed and has failed; else `delay_loop` of the virtual server. */
  readonly timeout: Duration;
  /** `misc_dynamic`: an exit status from 2 to 255 is a success that makes the weight two less than it. */
  readonly dynamic: boolean;
}

/** `FILE_CHECK`: the number in a `track_file`, times `weight`, changes the server's weight; the lowest takes it out. */
export interface FileCheckConfig {
  readonly kind: 'FILE_CHECK';
  /** The name of a `track_file` of this configuration. */
  readonly trackFile: string;
  /** `weight`: -2147483647 to 2147483647; that of the `track_file` unless the checker has one. */
  readonly weight: number;
  readonly reverse: boolean;
  readonly alpha: boolean;
}

/** `BFD_CHECK`: a BFD session (RFC 5880) with a neighbour is up. */
export interface BfdCheckConfig {
  readonly kind: 'BFD_CHECK';
  /** The name of a `bfd_instance` of this configuration. */
  readonly instance: string;
  readonly alpha: boolean;
}

/** What a virtual server does about the health of its real servers. */
export interface ServiceHealthConfig {
  /** `omega`: when the node stops, `quorumDown` and the servers' `notifyDown` are run. */
  readonly omega: boolean;
  /** `quorum`: the sum of the live servers' weights from which on the service works; at most the sum of all. */
  readonly quorum: number;
  /** `hysteresis`: less than `quorum`. Up from quorum + hysteresis on, down below quorum - hysteresis. */
  readonly hysteresis: number;
  readonly quorumUp: CommandConfig | undefined;
  readonly quorumDown: CommandConfig | undefined;
  /** `ha_suspend`: checkers rest while this node does not hold the service's address. Never with a firewall mark. */
  readonly haSuspend: boolean;
}

/** What health means to one real server. */
export interface ServerHealthConfig {
  /** `inhibit_on_failure`: a server that is down keeps its place with weight 0; without it, it is removed. */
  readonly inhibitOnFailure: boolean;
  readonly notifyUp: CommandConfig | undefined;
  readonly notifyDown: CommandConfig | undefined;
  /** In the order of the file; empty for a server that is always up. */
  readonly checkers: readonly CheckerConfig[];
}

/** `SSL`: what SSL_GET shows and asks for. Paths of PEM files; without a `ca` the certificate of a server is not verified. */
export interface TlsConfig {
  readonly password: string | undefined;
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** A `bfd_instance`: a session of RFC 5880 with one neighbour. */
export interface BfdInstanceConfig {
  readonly name: string;
  readonly neighbour: IpAddress;
  /** `source_ip`; undefined for what the kernel chooses. */
  readonly source: IpAddress | undefined;
  /** `min_rx`: 1 ms to 4294 s; 10 ms unless the file says otherwise. */
  readonly minimumReceive: Duration;
  /** `min_tx`: likewise. */
  readonly minimumTransmit: Duration;
  /** `idle_tx`: between messages while the session is down; 1 s unless the file says otherwise. */
  readonly idleTransmit: Duration;
  /** `multiplier`: how many messages have to be missing: 1 to 255; 5 unless the file says otherwise. */
  readonly multiplier: number;
  /** `passive`: waits until the neighbour speaks. */
  readonly passive: boolean;
  /** `ttl` or `hoplimit` of sent messages: 1 to 255; 255 for IPv4 and 64 for IPv6 unless the file says otherwise. */
  readonly hopLimit: number;
  /** `max_hops`: how many routers may be between; -1 does not check. 0 unless the file says otherwise. */
  readonly maximumHops: number;
  /** `weight`, -253 to 253, for those who track it; 0: they are in fault while it is down. */
  readonly weight: number;
  readonly reverse: boolean;
}
