import type { Guest } from './guest-files.js';

/** The control socket of the director of a VM; the group of its folder may use it. */
export const controlSocket = '/run/baton/director.sock';

/** What no program of the project needs (systemd.exec(5)). */
const hardening = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RemoveIPC=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@resources @privileged',
  'SystemCallErrorNumber=EPERM',
  'UMask=0077',
];

/** Configures what the provider leaves out, at every boot. */
export const networkUnit = (script: string): string =>
  unit(
    {
      Description: 'routes, addresses and offloads for baton',
      Wants: 'network-online.target',
      After: 'network-online.target networking.service systemd-networkd.service',
    },
    [
      'Type=oneshot',
      'RemainAfterExit=yes',
      `ExecStart=/bin/sh ${script}`,
      'Restart=on-failure',
      'RestartSec=1',
    ],
  );

/**
 * A director: an ordinary user with two capabilities. The watchdog ends one whose event loop does not turn any more;
 * whatever ends it, it is started again.
 */
export const directorUnit = (name: string, guest: Guest, config: string): string =>
  unit(
    {
      Description: `baton director ${name}`,
      Wants: 'network-online.target baton-network.service',
      After: 'network-online.target baton-network.service',
      StartLimitIntervalSec: '0',
    },
    [
      'Type=notify',
      'NotifyAccess=all',
      // Where processors are emulated, and there are fewer than machines, all takes a hundred times as long.
      'WatchdogSec=30',
      'TimeoutStartSec=300',
      'TimeoutStopSec=15',
      'Restart=always',
      'RestartSec=1',
      `ExecStart=${guest.nodeProgram} ${guest.root}/dist/cluster/node/main.js --config ${config} --control ${controlSocket} --control-group`,
      'User=baton',
      'Group=baton',
      'RuntimeDirectory=baton',
      'RuntimeDirectoryMode=0750',
      'Nice=-10',
      'AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN',
      'CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN',
      'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET',
      ...hardening,
      // ip(8), which a director asks about links, gives capabilities up and ends when it may not.
      'SystemCallFilter=capset',
    ],
  );

/** The server that checks traffic, on every port of the lab's services. */
export const serverUnit = (name: string, guest: Guest, ports: readonly string[]): string =>
  unit(
    {
      Description: `baton traffic server ${name}`,
      Wants: 'network-online.target baton-network.service',
      After: 'network-online.target baton-network.service',
      StartLimitIntervalSec: '0',
    },
    [
      'Restart=always',
      'RestartSec=1',
      `ExecStart=${guest.nodeProgram} ${guest.root}/dist/cluster/lab/traffic/server-main.js --name=${name} ${ports.join(' ')}`,
      'DynamicUser=yes',
      'AmbientCapabilities=CAP_NET_BIND_SERVICE',
      'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
      'RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK',
      ...hardening,
    ],
  );

const unit = (head: Readonly<Record<string, string>>, service: readonly string[]): string =>
  [
    '[Unit]',
    ...Object.entries(head).map(([key, value]) => `${key}=${value}`),
    '',
    '[Service]',
    ...service,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
