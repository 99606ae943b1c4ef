import { toMilliseconds } from '../../director/base/time.js';
import { Flag } from '../../director/core/connections.js';
import { stateName } from '../../director/core/protocol-states.js';
import type { IpvsDaemons } from '../member/ipvs-daemons.js';
import type { VirtualRouter } from '../member/virtual-router.js';
import { idleSnapshot, type PeerSnapshot } from '../sync/snapshot.js';
import type {
  NodeStatus,
  SessionView,
  SyncDaemonView,
  SyncPeer,
  SyncView,
  VrrpView,
} from './api.js';
import { now, wallClock } from './clock.js';
import type { ApiHandlers } from './control-server.js';
import { endpoint } from './endpoint.js';
import { poolView } from './health/pool-view.js';
import type { Member } from './member.js';
import { serviceViews } from './service-views.js';

/** The documents of the control socket, made from the machines when somebody asks. */
export function apiHandlers(member: Member): ApiHandlers {
  return {
    '/status': settled(member, () => statusView(member)),
    '/sessions': settled(member, () => ({ sessions: sessionViews(member) })),
    '/services': settled(member, () => ({ services: serviceViews(member) })),
    '/health': () => ({ pools: member.health.pools.map(poolView) }),
    '/vrrp': () => ({ instances: member.routers.map((router) => vrrpView(member, router)) }),
    '/sync': () => syncView(member),
    '/events': () => ({ events: member.timeline.events }),
  };
}

/** A document that counts what the kernel has counted up to now. */
const settled =
  <T>(member: Member, make: () => T) =>
  (): T => {
    member.plane.director.offload?.settle(now());
    return make();
  };

function statusView(member: Member): NodeStatus {
  const { commits, counters, connections, offload } = member.plane.director;
  const { name, carriers } = member.plane.driver;
  return {
    node: member.config.routerId,
    pid: process.pid,
    startedAt: wallClock(member.startedAt),
    state: member.state,
    sessions: connections.size,
    tableComplete: member.isTableComplete,
    packets: {
      received: counters.received,
      forwarded: counters.forwarded,
      answered: counters.answered,
      held: counters.held,
      dropped: counters.droppedByName(),
    },
    driver: name,
    ...(offload === undefined ? {} : { offload: { ...offload.counters } }),
    ...(carriers === undefined ? {} : { carrierThreads: carriers.threads }),
    ports: member.plane.portCounters,
    commits: {
      reach: commits.reach,
      waiting: commits.size,
      committed: commits.committed,
      meanWaitMs: commits.committed === 0 ? 0 : toMilliseconds(commits.waited) / commits.committed,
      uncommitted: commits.uncommitted,
    },
    notifyDropped: member.notifyDrops,
  };
}

function sessionViews(member: Member): SessionView[] {
  const { connections } = member.plane.director;
  const views: SessionView[] = [];
  const at = now();
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index)) continue;
    const entry = member.replication.entry(index);
    const origin = member.replication.originName(index);
    const isSynced = connections.hasFlag(index, Flag.synced);
    views.push({
      protocol: entry.protocol,
      expires: connections.remaining(index, at),
      state: stateName(
        connections.protocol[index] ?? 0,
        connections.hasFlag(index, Flag.template),
        connections.state[index] ?? 0,
      ),
      client: endpoint(entry.client, entry.clientPort),
      virtual: endpoint(entry.virtual, entry.virtualPort),
      real: endpoint(entry.real, entry.realPort),
      method: entry.method,
      origin: origin ?? 'local',
      owner: origin ?? member.config.routerId,
      synced: isSynced,
      syncedAgeMs: isSynced ? Math.round(connections.sinceSync(index, at) * 1_000) : undefined,
      packets: entry.packets,
    });
  }
  return views;
}

function vrrpView(member: Member, router: VirtualRouter): VrrpView {
  const { config, election, tracking, adverts } = router;
  const snapshot = election.snapshot();
  const { refused, malformed } = adverts.counters;
  const unread = { misdirected: adverts.misdirected, malformed };
  return {
    instance: config.name,
    group: member.config.syncGroups.find(({ members }) => members.includes(config.name))?.name,
    virtualRouterId: config.virtualRouterId,
    version: config.version,
    device: config.device,
    source: adverts.source,
    state: snapshot.state,
    fault: snapshot.fault,
    priority: config.priority,
    effectivePriority: snapshot.effectivePriority,
    tracked: tracking.snapshot(),
    mayPreempt: snapshot.mayPreempt,
    advertMs: toMilliseconds(config.advertInterval),
    master: snapshot.master,
    masterPriority: snapshot.masterPriority,
    addresses: [...config.virtualAddresses, ...config.excludedAddresses].map(
      ({ address }) => address,
    ),
    since: wallClock(snapshot.since),
    transitions: snapshot.transitions,
    advertisementsSent: snapshot.advertisementsSent,
    advertisementsReceived: snapshot.advertisementsReceived,
    addressMismatches: snapshot.addressMismatches,
    rivalAdvertisements: snapshot.rivalAdvertisements,
    lateTimers: snapshot.lateTimers,
    rejected: { ...snapshot.rejected, ...withoutZeros(unread) },
    refused,
  };
}

const withoutZeros = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

function syncView(member: Member): SyncView {
  const { sync } = member.config;
  const snapshot = member.sync?.snapshot() ?? idleSnapshot;
  return {
    device: sync?.device,
    syncId: sync?.syncId ?? 0,
    tableComplete: member.isTableComplete,
    sequence: snapshot.acknowledgement.lastSequence,
    sent: snapshot.sent,
    received: snapshot.received,
    peers: snapshot.peers.map(syncPeer),
    rejected: snapshot.rejected,
    unsaid: snapshot.unsaid ?? {},
    outcomes: { ...member.replication.counters },
    counters: {
      ...snapshot.reliability,
      ...snapshot.bulk,
      ...snapshot.admission,
      acksRepeated: snapshot.acknowledgement.repeats,
      acksUnanswered: snapshot.acknowledgement.unanswered,
      queueOverflows: member.plane.director.sync.overflows,
    },
    daemons: daemonViews(member.node.daemons),
  };
}

const daemonViews = (daemons: IpvsDaemons): SyncDaemonView[] =>
  daemons.running
    .filter(({ isConfigured }) => !isConfigured)
    .map(({ role, device, syncId }) => {
      const { sent, received, rejected, unsaid } = daemons.snapshot(role) ?? idleSnapshot;
      const { datagrams, records } = role === 'master' ? sent : received;
      const refused = role === 'master' ? (unsaid ?? {}) : rejected;
      return { role, device, syncId, datagrams, records, rejected: refused };
    });

const syncPeer = (peer: PeerSnapshot): SyncPeer => ({
  node: peer.node,
  address: peer.address ?? '',
  epoch: peer.epoch,
  lastHeardMs: wallClock(peer.lastHeard),
  sequence: peer.applied,
  lag: peer.announced - peer.applied,
  missing: peer.missing,
  acknowledged: peer.acknowledged,
  retransmitted: peer.retransmitted,
  lost: peer.gaps,
  divergences: peer.divergences,
  rejected: peer.rejected,
});
