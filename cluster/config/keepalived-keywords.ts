/**
 * Keywords and options of keepalived.conf(5) that this version does not honour. A file that uses one is refused, because
 * a cluster that silently leaves out a health check or a mail is worse than one that does not start.
 */
const Unsupported: ReadonlySet<string> = new Set(
  `include includer includem includew includeb includea include_check net_namespace
  notification_email notification_email_from smtp_server smtp_connect_timeout smtp_alert
  vrrp_skip_check_adv_addr vrrp_strict vrrp_startup_delay vrrp_iptables vrrp_priority vrrp_no_swap
  vrrp_rt_priority checker_priority checker_no_swap default_interface dynamic_interfaces lvs_flush
  lvs_flush_on_stop enable_snmp_vrrp enable_snmp_checker enable_dbus nftables nftables_ipvs
  static_ipaddress static_routes static_rules static_track_group bfd_instance virtual_server_group
  SSL vrf use_vmac_addr vmac_xmit_base use_ipvlan timer_expired_backup strict_mode accept no_accept
  dont_track_primary track_bfd track_src_ip unicast_fault_no_peer old_unicast_checksum
  skip_check_adv_addr virtual_routes virtual_rules promote_secondaries linkbeat_use_polling
  linkbeat_interfaces interface_up_down_delays startup_delay debug garp_interval gna_interval
  garp_extra_if notify_deleted notify_master_rx_lower_pri notify_priority_changes
  notify_fifo_script vrrp_notify_fifo_script lvs_notify_fifo lvs_notify_fifo_script brd scope label
  peer home -nodad mngtmpaddr noprefixroute autojoin no_track preferred_lft delay_loop
  delay_before_retry retry warmup connect_timeout flags flag-1 flag-2 flag-3 persistence_engine
  ha_suspend virtualhost alpha omega quorum hysteresis quorum_up quorum_down sorry_server
  sorry_server_inhibit sorry_server_lvs_method inhibit_on_failure notify_up notify_down snmp_name
  TCP_CHECK HTTP_GET SSL_GET SMTP_CHECK DNS_CHECK MISC_CHECK UDP_CHECK PING_CHECK BFD_CHECK
  FILE_CHECK bfd_cpu_affinity bfd_no_swap bfd_priority bfd_process_name bfd_rlimit_rtime
  bfd_rlimit_rttime bfd_rt_priority checker_cpu_affinity checker_log_all_failures
  checker_process_name checker_rlimit_rtime checker_rlimit_rttime checker_rt_priority
  child_wait_time config_save_dir data_use_instance dbus_no_interface_name dbus_service_name
  disable_local_igmp enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3
  enable_traps fifo_write_vrrp_states_on_reload fork_delay garp_group global_tracking
  iproute_etc_dir iproute_usr_dir json_dump_file json_version kernel_rx_buf_size log_unknown_vrids
  lvs_flush_onstop lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force
  lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force lvs_process_name
  lvs_sync_daemon_interface max_auto_priority min_auto_priority_delay namespace_with_ipsets
  net_namespace_ipvs nftables_counters nftables_ifindex nftables_ipvs_priority
  nftables_ipvs_start_fwmark nftables_priority no_checker_emails no_email_faults
  no_virtual_ipaddress owner_ignore_adverts param_match process_monitor_rcv_bufs
  process_monitor_rcv_bufs_force process_name process_names random_seed reload_check_config
  reload_file reload_repeat reload_time_file rs_init_notifies set_supplementary_groups
  shutdown_script shutdown_script_timeout smtp_alert_checker smtp_alert_vrrp smtp_helo_name
  snmp_rs_stats_update_interval snmp_socket snmp_vs_stats_update_interval startup_script
  startup_script_timeout state_dump_file stats_dump_file terminate_delay thread_timer_expired
  tmp_config_directory track_group umask use_pid_dir use_symlink_paths vmac_addr_prefix
  vmac_garp_intvl vmac_prefix vrrp_cpu_affinity vrrp_delay_after_boot vrrp_garp_extra_if
  vrrp_ipsets vrrp_min_garp vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force
  vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force vrrp_notify_priority_changes
  vrrp_owner_ignore_adverts vrrp_process_name vrrp_rlimit_rtime vrrp_rlimit_rttime
  vrrp_rx_bufs_multiplier vrrp_rx_bufs_policy vrrp_vmac_garp_intvl`.split(/\s+/),
);

/** True for a keyword that keepalived honours and we do not: it gets a kinder message than a misspelt one. */
export const isUnsupportedKeyword = (keyword: string): boolean => Unsupported.has(keyword);
