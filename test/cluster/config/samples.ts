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
  'local-addresses: [10.2.0.250, 10.2.0.251]\n  connection-table: 4096',
)
  .replace(
    'unknown-tcp: drop',
    'settings: { conn_reuse_mode: 0, lblc_expiration: 60 }\n  unknown-tcp: hash',
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
