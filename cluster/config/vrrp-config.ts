import type { IpAddress } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';

/** One address of a VRRP instance: an entry of `virtual_ipaddress[_excluded]`. `device` defaults to the instance's interface. */
export interface VirtualAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly device: string;
}

/** A `vrrp_instance` block. */
export interface VrrpInstanceConfig {
  readonly name: string;
  readonly device: string;
  /** Version 2 (RFC 3768) is of IPv4 only, and its `advertInterval` is whole seconds. */
  readonly version: 2 | 3;
  /** `v3_checksum_as_v2`: RFC 9568's checksum of IPv4 messages, without the pseudo-header that keepalived adds to it. */
  readonly checksumAsV2: boolean;
  /** 1 to 255. */
  readonly virtualRouterId: number;
  /** 1 to 254; 255 is the address owner's and refused, because a director never owns its VIPs. */
  readonly priority: number;
  /** `advert_int`: 10 ms to 40.95 s in steps of 10 ms (RFC 9568 counts in centiseconds). */
  readonly advertInterval: Duration;
  readonly preempt: boolean;
  /** `preempt_delay`: how long a node that could preempt waits after it has become able to. */
  readonly preemptDelay: Duration;
  /** `down_timer_adverts`, 1 to 100: how many advertisements have to be missing before the master counts as down. */
  readonly downTimerAdverts: number;
  /** `virtual_ipaddress`: 1 to 255, of one family, which is that of the instance, and in every advertisement. */
  readonly virtualAddresses: readonly VirtualAddress[];
  /** `virtual_ipaddress_excluded`: held by the master like the others, of either family, but never advertised. */
  readonly excludedAddresses: readonly VirtualAddress[];
  /** `mcast_src_ip` or `unicast_src_ip`; undefined for the interface's own, which for IPv6 is its link-local one. */
  readonly source: IpAddress | undefined;
  /** `mcast_dst_ip`; undefined for 224.0.0.18 or ff02::12. */
  readonly group: IpAddress | undefined;
  /** `unicast_peer`; empty for multicast. */
  readonly unicastPeers: readonly UnicastPeer[];
  /** `unicast_ttl`: the hop limit of advertisements to peers. */
  readonly unicastTtl: number;
  /** `check_unicast_src`: advertisements from others than the peers are dropped. */
  readonly checkUnicastSource: boolean;
  readonly authentication: AuthenticationConfig | undefined;
  /** `higher_prio_send_advert`: a master that sees a better one sends once more before it yields. */
  readonly higherPrioritySendsAdvert: boolean;
  /** `lower_prio_no_advert`: a master that sees a worse one does not answer at once. */
  readonly lowerPriorityNoAdvert: boolean;
  readonly announce: AnnounceConfig;
  /** `use_vmac`: the master answers for its addresses with the virtual router's MAC address (RFC 9568 §7.3). */
  readonly virtualMac: boolean;
  /** What moves the priority, or stops the instance. */
  readonly track: readonly Tracked[];
  readonly notify: NotifyConfig;
}

/** One address of `unicast_peer`, of the instance's family, and the hop limits that its messages may arrive with. */
export interface UnicastPeer {
  readonly address: IpAddress;
  /** 0 to 255; 0 to 255 accepts any. */
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** How advertisements prove where they come from: `authentication` or `auth_hmac`. */
export type AuthenticationConfig = PasswordAuthentication | HmacAuthentication;

/** `auth_type PASS`, of version 2 only: up to 8 bytes in clear text (RFC 2338 §5.3.6). */
export interface PasswordAuthentication {
  readonly kind: 'pass';
  readonly password: string;
}

/** keepalived's `auth_hmac`: a trailer with HMAC-SHA256 over the message, a key id and a time. */
export interface HmacAuthentication {
  readonly kind: 'hmac';
  /** Of different ids. */
  readonly keys: readonly SecretKey[];
  /** The id of the key that signs; the others are accepted. */
  readonly activeKey: number;
  /** Whether a message has to be of about now, or only younger than the last one of its sender. */
  readonly antiReplay: 'time' | 'monotonic';
  /** How far clocks may be apart. */
  readonly timeWindow: Duration;
  /** Unsigned messages are dropped, or accepted; `receive-only` also sends without a signature. */
  readonly mode: 'enforce' | 'permissive' | 'receive-only';
}

/** A key of HMAC-SHA256. */
export interface SecretKey {
  readonly id: number;
  readonly key: Uint8Array;
}

/** `garp_*` and `vrrp_garp_*`: when gratuitous ARP and unsolicited neighbour advertisements are sent for the addresses. */
export interface AnnounceConfig {
  /** `garp_master_repeat`: packets an address in each of the two bursts of a new master. */
  readonly repeat: number;
  /** `garp_master_delay`: from becoming master to the second burst; 0 for no second one. */
  readonly delay: Duration;
  /** `garp_master_refresh`: how often a master repeats them; 0 for never. */
  readonly refresh: Duration;
  /** `garp_master_refresh_repeat`. */
  readonly refreshRepeat: number;
  /** `garp_lower_prio_repeat`: packets an address after a worse master was seen. */
  readonly lowerPriorityRepeat: number;
  /** `garp_lower_prio_delay`: from that to a second burst; 0 for no second one. */
  readonly lowerPriorityDelay: Duration;
  /** `garp_interval`, `gna_interval`: between two packets on one interface. */
  readonly interval: Duration;
}

/** An entry of `track_interface`, `track_script`, `track_file`, `track_process` or `track_bfd`. */
export interface Tracked {
  readonly kind: 'interface' | 'script' | 'file' | 'process' | 'bfd';
  readonly name: string;
  /** -253 to 253, added to the priority; 0: the instance is in fault while what it tracks is down. */
  readonly weight: number;
  /** Turns the weight's sign, or, without a weight, what counts as down. */
  readonly reverse: boolean;
}

/** A program with its arguments; no shell is involved. */
export interface CommandConfig {
  readonly words: readonly string[];
  /** `script_user` or the command's own; undefined for whom the node runs as. */
  readonly user: string | undefined;
  /** Undefined for the user's own. */
  readonly group: string | undefined;
}

/** What is run when the state changes. */
export interface NotifyConfig {
  readonly master?: CommandConfig;
  readonly backup?: CommandConfig;
  readonly fault?: CommandConfig;
  /** The node stops in an orderly way. */
  readonly stop?: CommandConfig;
  /** `notify`: on each change, with INSTANCE or GROUP, the name, the state and the priority as further arguments. */
  readonly any?: CommandConfig;
}

/** A `vrrp_sync_group`: its instances are in fault together and become master together. */
export interface SyncGroupConfig {
  readonly name: string;
  /** Names of instances, each in one group only. */
  readonly members: readonly string[];
  readonly track: readonly Tracked[];
  /** `sync_group_tracking_weight`: what members track may have a weight. */
  readonly trackingWeight: boolean;
  readonly notify: NotifyConfig;
}

/** What a node can track beside its interfaces. */
export interface TrackersConfig {
  readonly scripts: readonly TrackScriptConfig[];
  readonly trackFiles: readonly TrackFileConfig[];
  readonly trackProcesses: readonly TrackProcessConfig[];
  /** Those of `bfd_instance`: a session is up or down. */
  readonly bfdInstances: readonly Pick<Tracked, 'name' | 'weight' | 'reverse'>[];
}

/** A `vrrp_script`: it is up while it exits with 0. */
export interface TrackScriptConfig {
  readonly name: string;
  readonly command: CommandConfig;
  readonly interval: Duration;
  /** A run that takes longer is killed and has failed. */
  readonly timeout: Duration;
  /** How many successes in a row make it up. */
  readonly rise: number;
  /** How many failures in a row make it down. */
  readonly fall: number;
  /** That of instances which track it without a weight of their own. */
  readonly weight: number;
  readonly reverse: boolean;
  /** `init_fail`: down until the first result; without it, up. */
  readonly initFail: boolean;
}

/** A `track_file`: the number in it, times the weight, is added to the priority. */
export interface TrackFileConfig {
  readonly name: string;
  readonly file: string;
  /** -254 to 254. */
  readonly weight: number;
  readonly reverse: boolean;
  /** `init_file`: what the file is created with, or overwritten. */
  readonly initial?: { readonly value: number; readonly overwrite: boolean };
}

/** A `vrrp_track_process`: up while as many processes of a name run as the quorum asks for. */
export interface TrackProcessConfig {
  readonly name: string;
  readonly command: string;
  /** When there are any, a process has to have exactly these; without, it may have others. */
  readonly parameters: readonly string[];
  /** How many it takes at least: 0 to 65535. */
  readonly quorum: number;
  /** How many it takes at most; absent for any number. */
  readonly quorumMax?: number;
  /** How long a change has to last before it counts. */
  readonly delay: Duration;
  /** True: `command` is what the process was started as (its /proc/PID/cmdline); false: its name (/proc/PID/comm). */
  readonly fullCommand: boolean;
  readonly weight: number;
  readonly reverse: boolean;
}
