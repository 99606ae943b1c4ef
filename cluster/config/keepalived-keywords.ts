/** What a keyword would do in keepalived, as the end of a warning, and the keywords that it is said of. */
type Reasons = Readonly<Record<string, string>>;

const Mail = 'no mail is sent';
const Snmp = 'there is no SNMP agent';
const DBus = 'nothing is told to D-Bus';
const Firewall = 'packets do not pass the firewall of the kernel here';
const Scheduling = 'a director is one process, with a priority of its own';
const Buffers = 'the sizes of socket buffers are those of the kernel';
const Routes = 'routes and rules of the kernel stay as they are';
const Extended = 'the addresses are never in the kernel';
const Files = 'keepalived keeps its own files there';
const Reload = 'a new configuration is checked before it is used, whenever it is loaded';
const Kernel = 'the table of the kernel is not used';
const Names = 'processes keep their names';
const LinkBeat = 'the kernel says when a link is lost';

/**
 * The keywords of keepalived.conf(5) that have no effect here, by their block: a file that uses one is read, and each of
 * them is named once in a warning.
 */
const NotSimulated: Readonly<Record<string, Reasons>> = {
  'the file': {
    net_namespace: 'a director works in the namespace in which it is started',
    net_namespace_ipvs: Kernel,
    namespace_with_ipsets: Firewall,
    'use_pid_dir use_symlink_paths': Files,
    instance: 'a director has no files that another one could take for its own',
    child_wait_time: Scheduling,
    linkbeat_use_polling: LinkBeat,
    'linkbeat_interfaces interface_up_down_delays':
      'the state of a link counts as soon as the kernel says it',
    'static_ipaddress static_routes static_rules': Routes,
    track_group: Routes,
    garp_group: 'vrrp_garp_interval and vrrp_gna_interval of global_defs hold for every interface',
  },
  global_defs: {
    process_names: Names,
    'process_name vrrp_process_name checker_process_name lvs_process_name bfd_process_name': Names,
    'notification_email notification_email_from smtp_server smtp_helo_name': Mail,
    'smtp_connect_timeout smtp_alert smtp_alert_vrrp smtp_alert_checker': Mail,
    'no_email_faults no_checker_emails': Mail,
    'startup_script startup_script_timeout shutdown_script shutdown_script_timeout':
      'no program is run when a director starts or ends',
    'max_auto_priority min_auto_priority_delay': Scheduling,
    'dynamic_interfaces default_interface':
      'an instance names its interface, which exists when a director starts',
    disable_local_igmp: Extended,
    'lvs_flush lvs_flush_on_stop lvs_flush_onstop': Kernel,
    'vrrp_garp_extra_if vrrp_vmac_garp_intvl':
      'announcements are sent on the interface of an address only',
    vrrp_min_garp: 'vrrp_garp_master_refresh says how often a master repeats its announcements',
    'vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_counters':
      Firewall,
    'nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark':
      'a group is as many services as it has addresses',
    'vrrp_skip_check_adv_addr vrrp_strict vrrp_owner_ignore_adverts':
      'advertisements are checked as they are without it',
    'vrrp_priority vrrp_no_swap vrrp_rt_priority vrrp_cpu_affinity': Scheduling,
    'vrrp_rlimit_rttime vrrp_rlimit_rtime': Scheduling,
    'checker_priority checker_no_swap checker_rt_priority checker_cpu_affinity': Scheduling,
    'checker_rlimit_rttime checker_rlimit_rtime': Scheduling,
    'bfd_priority bfd_no_swap bfd_rt_priority bfd_cpu_affinity bfd_rlimit_rttime bfd_rlimit_rtime':
      Scheduling,
    'notify_fifo_script vrrp_notify_fifo_script lvs_notify_fifo_script':
      'the pipe is written, and nothing is started to read it',
    'vrrp_notify_priority_changes fifo_write_vrrp_states_on_reload':
      'only changes of a state are told',
    'snmp_socket enable_traps enable_snmp_vrrp enable_snmp_keepalived enable_snmp_rfc': Snmp,
    'enable_snmp_rfcv2 enable_snmp_rfcv3 enable_snmp_checker': Snmp,
    'snmp_vs_stats_update_interval snmp_rs_stats_update_interval': Snmp,
    'enable_dbus dbus_service_name dbus_no_interface_name': DBus,
    'vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force': Buffers,
    'vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force': Buffers,
    'process_monitor_rcv_bufs process_monitor_rcv_bufs_force': Buffers,
    'lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force': Buffers,
    'lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force': Buffers,
    'vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier': Buffers,
    'vrrp_startup_delay vrrp_delay_after_boot':
      'a node takes part in elections at once, and preempts when its table is complete',
    log_unknown_vrids: 'messages of other virtual routers are counted, not logged',
    'vmac_prefix vmac_addr_prefix': 'there is no interface for a virtual MAC address',
    'umask set_supplementary_groups': 'programs run with the groups and the umask of their user',
    random_seed: 'the seed is new each time',
    'reload_check_config reload_time_file reload_repeat reload_file': Reload,
    'config_save_dir tmp_config_directory data_use_instance': Files,
    'state_dump_file stats_dump_file json_dump_file json_version': Files,
    'iproute_usr_dir iproute_etc_dir': Routes,
    include_check:
      'includer, includem, includew, includeb and includea complain each for themselves',
  },
  vrrp_sync_group: {
    smtp_alert: Mail,
    global_tracking: 'a group tracks what its block says',
    notify_priority_changes: 'only changes of a state are told',
  },
  vrrp_instance: {
    'use_vmac_addr use_ipvlan vmac_xmit_base':
      'the virtual MAC address is one to answer with, not an interface',
    unicast_fault_no_peer: 'an instance without peers speaks to its group',
    old_unicast_checksum: 'the checksum is that of the standard',
    vrf: 'a director does not route',
    dont_track_primary: 'an instance whose interface is lost is always in fault',
    track_src_ip: 'the source of advertisements is looked up once',
    promote_secondaries: Extended,
    linkbeat_use_polling: LinkBeat,
    'virtual_routes virtual_rules': Routes,
    'accept no_accept': 'an address answers ping and its services, and nothing else',
    'skip_check_adv_addr strict_mode owner_ignore_adverts':
      'advertisements are checked as they are without it',
    'timer_expired_backup thread_timer_expired': 'a node that was held up listens before it acts',
    debug: 'the log has one level for all',
    'notify_deleted notify_master_rx_lower_pri notify_priority_changes':
      'only changes of a state are told',
    smtp_alert: Mail,
    lvs_sync_daemon_interface: 'the sync daemon is that of lvs_sync_daemon in global_defs',
    'garp_extra_if vmac_garp_intvl': 'announcements are sent on the interface of an address only',
    kernel_rx_buf_size: Buffers,
    no_virtual_ipaddress: 'an instance has addresses',
  },
  vrrp_track_process: {
    'terminate_delay fork_delay': 'delay holds for both directions',
    param_match: 'the parameters of a process have to be those of the file',
  },
  bfd_instance: {
    'vrrp checker': 'a session is told to whoever tracks it',
  },
  virtual_server: {
    smtp_alert: Mail,
    snmp_name: Snmp,
    persistence_engine: 'persistence goes by the address of the client',
    'flag-1 flag-2 flag-3 hashed':
      'sh-port, sh-fallback, mh-port and mh-fallback name what they do',
  },
  real_server: {
    smtp_alert: Mail,
    snmp_name: Snmp,
  },
  FILE_CHECK: {
    // keepalived's manual has it, its code has not.
    dynamic: 'the number in the file always changes the weight, as in keepalived',
  },
};

/** keepalived's words for an address of an instance beside `dev`, and whether a value follows them. */
export const AddressOptions: ReadonlyMap<string, 0 | 1> = new Map([
  ['brd', 1],
  ['broadcast', 1],
  ['scope', 1],
  ['label', 1],
  ['peer', 1],
  ['preferred_lft', 1],
  ['track_group', 1],
  ['home', 0],
  ['-nodad', 0],
  ['mngtmpaddr', 0],
  ['noprefixroute', 0],
  ['autojoin', 0],
  ['no_track', 0],
  ['use_vmac', 0],
]);

/** What a warning says of an option of an address. */
export const AddressReason = Extended;

const ByBlock: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries(NotSimulated).map(([block, reasons]) => [
    block,
    new Map(
      Object.entries(reasons).flatMap(([keywords, reason]) =>
        keywords.split(' ').map((keyword): [string, string] => [keyword, reason]),
      ),
    ),
  ]),
);

/** Why a keyword of a block has no effect, or undefined for one that has, or that nobody knows. */
export const whyNotSimulated = (block: string, keyword: string): string | undefined =>
  ByBlock.get(block)?.get(keyword);

/** The keywords of a block that are read and have no effect. */
export const notSimulatedIn = (block: string): Iterable<string> => ByBlock.get(block)?.keys() ?? [];

/** The keywords that have an effect, by the block that they belong to: for advice about one that stands elsewhere. */
export const Homes: Readonly<Record<string, string>> = {
  'the file': `global_defs vrrp_instance vrrp_sync_group vrrp_script vrrp_track_process track_file bfd_instance
    virtual_server virtual_server_group SSL`,
  global_defs: `router_id vrrp_version vrrp_mcast_group4 vrrp_mcast_group6 vrrp_garp_interval vrrp_gna_interval
    lvs_sync_daemon lvs_timeouts notify_fifo vrrp_notify_fifo lvs_notify_fifo script_user enable_script_security
    rs_init_notifies checker_log_all_failures`,
  vrrp_instance: `state interface virtual_router_id priority advert_int version nopreempt preempt preempt_delay
    virtual_ipaddress virtual_ipaddress_excluded unicast_peer unicast_src_ip mcast_src_ip authentication auth_hmac
    use_vmac track_interface track_script track_process track_bfd garp_master_delay garp_master_repeat garp_master_refresh
    notify notify_master notify_backup notify_fault notify_stop`,
  vrrp_sync_group: 'group sync_group_tracking_weight',
  vrrp_script: 'script interval timeout rise fall init_fail',
  virtual_server: `lvs_sched lb_algo lvs_method lb_kind protocol persistence_timeout persistence_granularity ops
    ip_family quorum hysteresis quorum_up quorum_down sorry_server sorry_server_inhibit alpha omega ha_suspend
    delay_loop real_server`,
  real_server: `weight uthreshold lthreshold inhibit_on_failure notify_up notify_down TCP_CHECK HTTP_GET SSL_GET
    SMTP_CHECK DNS_CHECK UDP_CHECK PING_CHECK MISC_CHECK FILE_CHECK BFD_CHECK`,
  TCP_CHECK:
    'connect_ip connect_port bindto bind_port bind_if connect_timeout retry warmup delay_before_retry',
  HTTP_GET: 'url http_protocol enable_sni virtualhost',
  url: 'path digest status_code regex',
  MISC_CHECK: 'misc_path misc_timeout misc_dynamic',
};

const HomeOf: ReadonlyMap<string, string> = new Map(
  Object.entries(Homes).flatMap(([block, keywords]) =>
    keywords.split(/\s+/).map((keyword): [string, string] => [keyword, block]),
  ),
);

/** The block that a keyword belongs to. */
export const homeOf = (keyword: string): string | undefined => HomeOf.get(keyword);

/** All of them. */
export const keywordsWithHome: readonly string[] = [...HomeOf.keys()];
