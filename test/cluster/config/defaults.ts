import { milliseconds, seconds } from '../../../director/base/time.js';

/** What a vrrp_instance of IPv4 says that is silent about it, under `vrrp_version 3`. */
export const InstanceDefaults = {
  version: 3,
  checksumAsV2: false,
  priority: 100,
  advertInterval: seconds(1),
  preempt: true,
  preemptDelay: seconds(0),
  downTimerAdverts: 3,
  excludedAddresses: [],
  source: undefined,
  group: undefined,
  unicastPeers: [],
  unicastTtl: 255,
  checkUnicastSource: false,
  authentication: undefined,
  higherPrioritySendsAdvert: true,
  lowerPriorityNoAdvert: false,
  announce: {
    repeat: 5,
    delay: seconds(5),
    refresh: seconds(5),
    refreshRepeat: 1,
    lowerPriorityRepeat: 5,
    lowerPriorityDelay: seconds(5),
    interval: seconds(0),
  },
  virtualMac: false,
  track: [],
  notify: {},
};

/** What lvs_sync_daemon says without options, and without a block baton. */
export const SyncDefaults = {
  syncId: 0,
  group: '224.0.0.81',
  port: 8849,
  ttl: 1,
  maxLength: 1_472,
  threshold: 3,
  period: 50,
  bulkTimeout: seconds(10),
  deathNotice: true,
  format: 'baton',
  keys: [],
  activeKey: undefined,
  peers: [],
  flushBound: milliseconds(20),
};

/** What a file says of the data plane without a block baton. */
export const DataPlaneDefaults = {
  settings: {},
  connectionCapacity: 1_048_576,
  unknownTcp: 'drop',
  localAddresses: [],
  firewallMarks: [],
  driver: 'auto',
  activeActive: false,
};

/** What a file says that tracks nothing and notifies nobody. */
export const NodeDefaults = {
  syncGroups: [],
  scripts: [],
  trackFiles: [],
  trackProcesses: [],
  scriptSecurity: false,
  notifyFifo: undefined,
  bfdInstances: [],
  tls: undefined,
  initialNotifies: false,
  serverFifo: undefined,
};

/** What a virtual_server says of health that is silent about it. */
export const ServiceDefaults = {
  sorryServer: undefined,
  health: {
    omega: false,
    quorum: 1,
    hysteresis: 0,
    quorumUp: undefined,
    quorumDown: undefined,
    haSuspend: false,
  },
};

/** What a real_server says of health that is silent about it. */
export const ServerDefaults = {
  health: {
    inhibitOnFailure: false,
    notifyUp: undefined,
    notifyDown: undefined,
    checkers: [],
  },
};
