import { readFileSync } from 'node:fs';

import { SchedulerNames } from '../../../cluster/config/node-config.js';

/** The lab that `baton up` builds when no file is named. */
export const DefaultLab = readFileSync(
  new URL('../../../../cluster/lab/default.yaml', import.meta.url),
  'utf8',
);

/** The default lab with every method, scheduler and setting that a lab file can name. */
export const LabOfEverything = DefaultLab.replace(
  'connection-table: 1048576',
  'local-addresses: [10.2.0.250, 10.2.0.251]\n  connection-table: 4096\n  carrier-threads: { most: 3 }',
)
  .replace(
    'unknown-tcp: drop',
    'settings: { conn_reuse_mode: 0, lblc_expiration: 60 }\n  unknown-tcp: hash\n  driver: pcap',
  )
  .concat(
    SchedulerNames.map(
      (scheduler, index) => `  - protocol: tcp
    address: 10.1.0.100
    port: ${9_000 + index}
    method: ${['NAT', 'DR', 'TUN', 'FULLNAT'][index % 4]}
    scheduler: ${scheduler}
    persistent: ${index + 1}s
    real-servers: [s1]
`,
    ).join(''),
  );

/** Two directors and a real server with addresses of both families. */
const nodesOfBothFamilies = `networks:
  clients: [10.1.0.0/24, fd01::/64]
  servers: [10.2.0.0/24, fd02::/64]
  sync: 10.3.0.0/24
nodes:
  client: { kind: client, links: { clients: [10.1.0.2, fd01::2] } }
  d1:
    kind: director
    priority: 150
    links: { clients: [10.1.0.11, fd01::11], servers: [10.2.0.11, fd02::11], sync: 10.3.0.11 }
  d2:
    kind: director
    priority: 100
    links: { clients: [10.1.0.12, fd01::12], servers: [10.2.0.12, fd02::12], sync: 10.3.0.12 }
  s1: { kind: real-server, links: { clients: [10.1.0.21, fd01::21], servers: [10.2.0.21, fd02::21] } }`;

/** A lab of both families with two virtual routers, so that each director is master of one. */
export const LabOfBothFamilies = `name: both
${nodesOfBothFamilies}
cluster:
  virtual-router-id: 51
  virtual-routers:
    - { id: 52, order: [d2, d1], addresses: [10.1.0.101, fd01::101, fd01::105] }
  active-active: true
  commit: acked
  gateway: [10.2.0.254, fd02::254]
  local-addresses: [10.2.0.250, fd02::250]
  sync: { unicast: true, key: a-secret-of-thirty-two-characters }
services:
  - { protocol: tcp, address: 10.1.0.100, port: 80, method: NAT, scheduler: rr, real-servers: [s1] }
  - { protocol: tcp, address: 10.1.0.101, port: 80, method: DR, scheduler: rr, real-servers: [s1] }
  - { protocol: tcp, address: fd01::100, port: 80, method: NAT, scheduler: rr, real-servers: [s1] }
  - { protocol: tcp, address: fd01::101, port: 80, method: DR, scheduler: rr, real-servers: [s1] }
  - { protocol: udp, address: fd01::105, port: 80, method: TUN, scheduler: rr, real-servers: [s1] }
  - { protocol: tcp, address: fd01::100, port: 81, method: FULLNAT, scheduler: rr, real-servers: [s1] }
`;

/** A lab whose services are all IPv6, those that the demo has flows to. */
export const LabOfIpv6 = `name: six
${nodesOfBothFamilies}
cluster:
  virtual-router-id: 51
  gateway: [10.2.0.254, fd02::254]
services:
  - { protocol: tcp, address: fd01::100, port: 80, method: NAT, scheduler: rr, real-servers: [s1] }
  - { protocol: tcp, address: fd01::101, port: 80, method: DR, scheduler: rr, real-servers: [s1] }
  - { protocol: udp, address: fd01::100, port: 53, method: NAT, scheduler: rr, real-servers: [s1] }
  - { protocol: udp, address: fd01::101, port: 53, method: DR, scheduler: rr, real-servers: [s1] }
`;

/** A keepalived.conf with every keyword of virtual servers that keepalived has too, and every form of their values. */
export const NodeOfEverything = `global_defs {
    router_id d1
    vrrp_version 3
    lvs_sync_daemon no-sync inst VI_1 id 3
}

@baton baton {
@baton     sync_threshold 1 0
@baton     connection_table 65536
@baton     unknown_tcp hash
@baton     sysctl expire_nodest_conn 1
@baton     local_addresses 10.2.0.250 fd02::250
@baton     firewall_mark 7 tcp 10.1.0.100 8000-8999
@baton     firewall_mark 7 sctp fd01::100 443
@baton }

vrrp_instance VI_1 {
    state BACKUP
    interface no-clients
    virtual_router_id 51
    virtual_ipaddress {
        10.1.0.100/24 dev no-clients
    }
    virtual_ipaddress_excluded {
        10.2.0.250/24 dev no-servers
        fd01::100/64
        fd02::250/64 dev no-servers
    }
}

virtual_server 10.1.0.100 80 {
    lvs_sched sh
    sh-port
    sh-fallback
    lvs_method NAT
    ip_family inet
    persistence_timeout 300
    persistence_granularity 255.255.255.0
    protocol TCP
    real_server 10.2.0.21 8080 {
        weight 3
        uthreshold 1000
        lthreshold 800
    }
    real_server 10.1.0.22 80 {
        lvs_method DR
    }
    real_server 10.9.0.23 80 {
        lvs_method TUN type gre csum
    }
    real_server fd09::24 80 {
        lvs_method TUN type gue port 6080 remcsum
    }
}

virtual_server 10.1.0.100 53 {
    lb_algo mh
    mh-port
    mh-fallback
    lb_kind DR
    protocol UDP
    ops
    real_server 10.1.0.21 {
    }
}

virtual_server fd01::100 443 {
    lvs_sched lblcr
    @baton  lvs_method FNAT
    @^baton lvs_method NAT
    persistence_granularity 64
    protocol SCTP
    real_server fd02::21 8443 {
    }
}

virtual_server 10.1.0.100 0 {
    lvs_sched wlc
    lvs_method TUN type ipip nocsum
    persistence_timeout
    protocol TCP
    real_server 10.1.0.21 {
    }
}

virtual_server fwmark 7 {
    lvs_sched rr
    lvs_method NAT
    real_server 10.2.0.21 80 {
    }
}

virtual_server fwmark 7 {
    ip_family inet6
    lvs_sched fo
    lvs_method DR
    real_server fd01::21 {
    }
}
`;

/** A key of keepalived's own test of auth_hmac. */
const SecretKey = 'hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

/**
 * A keepalived.conf with every keyword of elections, tracking and notification. Keepalived 2.2.7, which tests have, does
 * not know auth_hmac, v3_checksum_as_v2 and intervals with a fraction yet.
 */
export const ElectionsOfEverything = `global_defs {
    router_id d1
    vrrp_version 2
    vrrp_mcast_group4 224.0.0.19
    vrrp_mcast_group6 ff02::13
    vrrp_check_unicast_src
    vrrp_down_timer_adverts 4
    vrrp_higher_prio_send_advert on
    vrrp_lower_prio_no_advert no
    vrrp_garp_master_delay 10
    vrrp_garp_master_repeat 3
    vrrp_garp_master_refresh 60
    vrrp_garp_master_refresh_repeat 2
    vrrp_garp_lower_prio_delay 10
    vrrp_garp_lower_prio_repeat 3
    vrrp_garp_interval 0.001
    vrrp_gna_interval 0.000001
    vrrp_notify_fifo /tmp/baton-test.fifo
    script_user root root
    enable_script_security
    lvs_sync_daemon no-sync inst PASSWORD id 3 maxlen 1400 port 8848 ttl 2 group 224.0.0.82
@baton v3_checksum_as_v2 on
}

@baton baton {
@baton     sync_format baton
@baton     sync_flush 0.01
@baton     sync_peer 10.3.0.12
@baton     sync_key 1 ${SecretKey}
@baton     sync_key 2 "a key of characters, at least thirty-two"
@baton     sync_active_key 2
@baton     commit acked
@baton     commit 10.1.0.100 80 tcp sent
@baton     active_active on
@baton }

vrrp_script up {
    script "/bin/true 'an argument'"
    interval 5
    timeout 2
    weight -253 reverse
    rise 2
    fall 3
    user root root
    init_fail
}

track_file load {
    file /tmp/baton-test.load
    weight 2 reverse
    init_file 0 overwrite
}

vrrp_track_file spare {
    file "/tmp/baton-test.spare"
}

vrrp_track_process web {
    process /usr/sbin/nginx -c "/etc/the file"
    weight 254
    quorum 1
    quorum_max 9
    delay 0.5
    full_command
}

bfd_instance far {
    neighbor_ip 10.1.0.99
    max_hops 3
    weight -3 reverse
}

vrrp_instance PASSWORD {
    state MASTER
    interface no-clients
    virtual_router_id 51
    priority 254
    advert_int 255
    mcast_src_ip 10.1.0.11
    mcast_dst_ip 224.0.0.20
    use_vmac
    down_timer_adverts 3
    garp_master_delay 1
    garp_master_repeat 1
    garp_master_refresh 30
    garp_master_refresh_repeat 1
    garp_lower_prio_delay 1
    garp_lower_prio_repeat 0
    higher_prio_send_advert
    lower_prio_no_advert
    authentication {
        auth_type PASS
        auth_pass "no pass!"
    }
    track_script {
        up weight 3 noreverse
    }
    virtual_ipaddress {
        10.1.0.100/24
    }
}

vrrp_instance UNICAST {
    state BACKUP
    interface no-clients
    version 3
    virtual_router_id 52
    advert_int 0.01
    nopreempt
    unicast_src_ip 10.1.0.11
    unicast_ttl 254
    check_unicast_src
    unicast_peer {
        10.1.0.12 min_ttl 254 max_ttl 255
        10.1.0.13
    }
@baton auth_hmac {
@baton     key 1 ${SecretKey}
@baton     key 2 ${SecretKey}
@baton     active_key 2
@baton     anti_replay time
@baton     time_window 30
@baton     mode permissive
@baton }
    track_interface {
        no-servers
    }
    track_process {
        web weight 0
    }
    track_bfd {
        far
    }
    virtual_ipaddress {
        10.1.0.101/24
    }
}

vrrp_instance IPV6 {
    interface no-clients
    virtual_router_id 51
    native_ipv6
    preempt_delay 1.5
    track_file {
        load weight 0
        spare weight 0
    }
    notify_master "/bin/true master"
    notify_backup /bin/true root
    notify_fault "/bin/true 'broken link'" root root
    notify_stop /bin/true
    notify /bin/true
    virtual_ipaddress {
        fe80::64/64
        fd00::100/64
    }
}

vrrp_sync_group BOTH {
    group {
        UNICAST
        IPV6
    }
    track_interface {
        no-sync weight -10
    }
    sync_group_tracking_weight
    notify_master /bin/true
}

virtual_server 10.1.0.100 80 {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 10.2.0.21 80 {
    }
}
`;
