/** `ipvsadm -v`. */
export const versionText =
  'ipvsadm of baton, with the command line of ipvsadm 1.31 and IPVS v1.2.1\n';

/** `ipvsadm -h`. */
export const helpText = `${versionText}
Commands, the first word of a command line:
  -A, --add-service SERVICE [-s SCHEDULER] [-p [SECONDS]] [-M MASK] [-o] [-b FLAGS]
  -E, --edit-service SERVICE, with the options of -A
  -D, --delete-service SERVICE
  -a, --add-server SERVICE -r ADDRESS[:PORT] [-g|-i|-m|--fullnat] [-w WEIGHT]
      [-x CONNECTIONS] [-y CONNECTIONS] [--tun-type ipip|gue|gre] [--tun-port PORT]
      [--tun-nocsum|--tun-csum|--tun-remcsum]
  -e, --edit-server SERVICE, with the options of -a
  -d, --delete-server SERVICE -r ADDRESS[:PORT]
  -C, --clear                      remove all services
  -L, -l, --list [SERVICE] [-n] [--stats|--rate|--thresholds|--persistent-conn|--tun-info]
      [--exact] [--nosort]
  -L -c [-n] [--persistent-conn] [--owner] [SERVICE] [-r ADDRESS[:PORT]]
      [--client ADDRESS[/LENGTH][:PORT]] [--state STATE]
                                   list connections, or those that fit all that is given
  -L --timeout
  -L --daemon                      list the sync daemons
  -L ... --json                    the same as JSON
  -Z, --zero [SERVICE]             zero the counters
  -S, --save [-n]                  print the commands that make the services
  -R, --restore                    read such commands from the standard input
  --set TCP TCPFIN UDP             set timeouts in seconds; 0 leaves one as it is
  --start-daemon master|backup [--mcast-interface DEVICE] [--syncid ID] [--sync-maxlen BYTES]
      [--mcast-group ADDRESS] [--mcast-port PORT] [--mcast-ttl TTL]
                                   speak the kernel's sync protocol: send, or listen
  --stop-daemon master|backup

SERVICE:
  -t, --tcp-service ADDRESS:PORT, or [IPV6]:PORT
  -u, --udp-service ADDRESS:PORT
  --sctp-service ADDRESS:PORT
  -f, --fwmark-service MARK [-6]

Forwarding methods:
  -g, --gatewaying     direct routing (default)
  -i, --ipip           tunnel
  -m, --masquerading   NAT of the destination
  --fullnat            NAT of both ends, which the kernel does not have

FLAGS, separated by commas: sh-fallback, sh-port, mh-fallback, mh-port
`;
