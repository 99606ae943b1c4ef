/** Every keyword about the health of real servers, and every part of the language of keepalived.conf. */
export const HealthOfEverything = `# All that checkers know.
$BASE=10.2.0
$CHECK= \\
    TCP_CHECK { \\
        connect_port \${PORT} \\
        connect_timeout 0.5 \\
    }

global_defs {
    router_id d1
    checker_log_all_failures on
    lvs_notify_fifo /run/lvs.fifo
    rs_init_notifies
    script_user nobody
}

SSL {
    password secret
    ca /etc/ssl/ca.pem
    certificate /etc/ssl/cert.pem
    key /etc/ssl/key.pem
}

track_file load {
    file /run/load
    weight -2 reverse
}

bfd_instance peer {
    neighbor_ip 10.2.0.31
    source_ip 10.2.0.1
    min_rx 12.5
    min_tx 20
    idle_tx 1500
    multiplier 3
    passive
    max_hops 2
    weight 5 reverse
}

virtual_server_group web {
    10.1.0.100 80
    10.1.0.110-112 81 ! three of them
    10.1.0.120-10.1.0.121 82
    10.1.0.128/30 83
    fwmark 9 inet
}

virtual_server group web {
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    delay_loop 6
    retry 2
    delay_before_retry 1.5
    warmup 0
    connect_timeout 2
    alpha
    omega
    quorum 3
    hysteresis 1
    quorum_up "/bin/up 'two words' \${BASE}" nobody nogroup
    quorum_down /bin/down
    inhibit_on_failure
    virtualhost www.example.org
    weight 2
    sorry_server \${BASE}.99 80
    sorry_server_inhibit
    sorry_server_lvs_method NAT
    real_server \${BASE}.21 80 {
        weight 3
        notify_up "/bin/say up"
        notify_down "/bin/say 'it is down'" nobody
        inhibit_on_failure off
        alpha no
        retry 4
        HTTP_GET {
            connect_ip \${BASE}.121
            connect_port 8080
            bindto \${BASE}.1
            bind_port 4000
            bind_if eth1
            fwmark 5
            http_protocol 1.1
            fast_recovery
            virtualhost check.example.org
            url {
                path /a?b=c
                digest 640205B7B0FC66C1EA91C463FAC6334D
                status_code 200 300-302
            }
            url {
                path "/b c"
                virtualhost b.example.org
                regex "^\\\\s*(ok|\\\\042up\\\\042)$"
                regex_options caseless dotall
                regex_no_match
                regex_min_offset 1
                regex_max_offset 200
            }
        }
        SSL_GET {
            enable_sni
            sni_name sni.example.org
            tls_compliant
            delay_loop 7.25
            log_all_failures off
            url {
                path /
                tls_compliant no
            }
        }
        ~LST(PORT, 81, 82) $CHECK
    }
    ~SEQ(HOST, 22, 24) real_server \${BASE}.\${HOST} { PING_CHECK { } }
    real_server \${BASE}.31 8025 {
        SMTP_CHECK {
            helo_name "a b"
            host { connect_port 25 }
            host { bindto \${BASE}.1 }
        }
        DNS_CHECK {
            type AAAA
            name example.org
        }
        UDP_CHECK {
            payload Ab12f 3
            require_reply 0x xF
            min_reply_length 2
            max_reply_length 9
        }
        MISC_CHECK {
            misc_path '/bin/check a\\\\ b "c d"'
            misc_timeout 3
            misc_dynamic
            user nobody nogroup
            warmup 2
        }
        FILE_CHECK {
            track_file load
            weight 3 reverse
        }
        BFD_CHECK {
            name peer
        }
    }
}

virtual_server 10.1.0.100 53 {
    lvs_sched rr
    lvs_method DR
    protocol UDP
    ha_suspend
    real_server 10.1.0.21 53 {
        FILE_CHECK { track_file load }
    }
}
`;
