/**
 * Keywords and options of keepalived.conf(5) that this version does not honour. A file that uses one is refused, because
 * a cluster that silently leaves out a health check or a notify script is worse than one that does not start.
 */
const Unsupported: ReadonlySet<string> = new Set(
  `include includer includem includew includeb includea include_check net_namespace
  notification_email notification_email_from smtp_server smtp_connect_timeout smtp_alert
  enable_script_security script_user vrrp_garp_master_delay vrrp_garp_master_repeat
  vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat vrrp_garp_interval vrrp_gna_interval
  vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat vrrp_lower_prio_no_advert
  vrrp_higher_prio_send_advert vrrp_mcast_group4 vrrp_mcast_group6 vrrp_skip_check_adv_addr
  vrrp_strict vrrp_startup_delay vrrp_iptables vrrp_priority vrrp_no_swap vrrp_rt_priority
  checker_priority checker_no_swap default_interface dynamic_interfaces lvs_flush
  lvs_flush_on_stop enable_snmp_vrrp enable_snmp_checker enable_dbus nftables nftables_ipvs
  vrrp_sync_group vrrp_script vrrp_track_process track_file vrrp_track_file static_ipaddress
  static_routes static_rules static_track_group bfd_instance virtual_server_group SSL vrf use_vmac
  use_vmac_addr vmac_xmit_base use_ipvlan down_timer_adverts timer_expired_backup
  higher_prio_send_advert lower_prio_no_advert strict_mode accept no_accept native_ipv6
  dont_track_primary track_interface track_script track_process track_bfd track_src_ip
  mcast_src_ip mcast_dst_ip unicast_src_ip unicast_peer check_unicast_src unicast_ttl
  unicast_fault_no_peer old_unicast_checksum v3_checksum_as_v2 skip_check_adv_addr virtual_routes
  virtual_rules promote_secondaries linkbeat_use_polling linkbeat_interfaces
  interface_up_down_delays startup_delay debug authentication auth_hmac garp_master_delay
  garp_master_repeat garp_master_refresh garp_master_refresh_repeat garp_lower_prio_delay
  garp_lower_prio_repeat garp_interval gna_interval garp_extra_if notify notify_master
  notify_backup notify_fault notify_stop notify_deleted notify_master_rx_lower_pri
  notify_priority_changes notify_fifo notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script
  lvs_notify_fifo lvs_notify_fifo_script brd scope label peer home -nodad mngtmpaddr noprefixroute
  autojoin no_track preferred_lft delay_loop delay_before_retry retry warmup connect_timeout flags
  flag-1 flag-2 flag-3 persistence_engine ha_suspend virtualhost alpha omega quorum hysteresis
  quorum_up quorum_down sorry_server sorry_server_inhibit sorry_server_lvs_method
  inhibit_on_failure notify_up notify_down snmp_name TCP_CHECK HTTP_GET SSL_GET SMTP_CHECK
  DNS_CHECK MISC_CHECK UDP_CHECK PING_CHECK BFD_CHECK FILE_CHECK maxlen ttl`.split(/\s+/),
);

/** True for a keyword that keepalived honours and we do not: it gets a kinder message than a misspelt one. */
export const isUnsupportedKeyword = (keyword: string): boolean => Unsupported.has(keyword);
