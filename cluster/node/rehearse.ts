import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { silentLog } from '../../director/base/log.js';
import {
  after,
  milliseconds,
  seconds,
  toMilliseconds,
  type Duration,
} from '../../director/base/time.js';
import {
  growCounters,
  Rehearsal,
  Scenes,
  serverOf,
  StageLinks,
  StagePort,
} from '../../director/core/rehearsal.js';
import { loadKeepalived } from '../config/keepalived.js';
import { buildDirector } from '../member/build-director.js';
import { ClusterNode } from '../member/cluster-node.js';
import { newLife, platform } from './platform.js';

/** Connections played, as many as it takes until the engine has compiled what they need. */
const Connections = 1_200;
/** So many are different; then clients use their ports again. */
const Different = 192;
/** Connections whose packets arrive together. */
const Batch = 5;
/** Numbers above and below 2^31 come of them, which are two kinds of number for the engine. */
const Seeds = [1, 2, 3] as const;
/** Two, since the engine would take for granted that a single one is called for ever. */
const Listeners = [() => {}, () => {}] as const;
const SyncMtu = 1_500;
const Capacity = 8_192;
/** In this time everything has expired that has ended, in seconds. */
const LongestLife = 130;

/** Kept, because the engine gives up what it has compiled for kinds of objects that are all gone. */
let troupe: readonly Player[] = [];

/** A node on the stage. */
interface Player {
  readonly address: IpAddress;
  readonly stage: Rehearsal;
  readonly node: ClusterNode;
  /** Messages of session sync that have reached it. */
  readonly inbox: { readonly bytes: Uint8Array; readonly from: IpAddress }[];
}

/**
 * Plays connections with three nodes in memory. Two tell each other of them, by a clock of their own, and one is alone, by
 * the real one: the packet path and session sync are compiled before the first packet comes. Takes some tenths of a second: `longest` is for
 * a busy machine, where code waits for being compiled. Returns the stages of those who served clients, for whoever wants to see what
 * became of it.
 */
export function rehearse(longest = milliseconds(600)): readonly Rehearsal[] {
  const endMs = performance.now() + toMilliseconds(longest);
  growCounters();
  const pair: Player[] = [];
  for (let number = 0; number < 2; number += 1) pair.push(playerOf(number, pair));
  const alone = playerOf(pair.length);
  const [master] = pair;
  assert(master !== undefined, 'there are two');
  troupe = [...pair, alone];
  // Until both count their empty tables as complete.
  for (let round = 0; round < 30; round += 1) takeTurns(troupe, milliseconds(100));
  const stages = [master.stage, alone.stage];
  for (let connection = 0; connection < Connections && performance.now() < endMs; connection += 1) {
    if (connection === Connections / 2) outlive(troupe);
    for (const stage of stages) stage.play(connection % Different);
    if (connection % Batch !== 0) continue;
    for (const stage of stages) stage.disturb(connection);
    takeTurns(troupe, milliseconds(1));
  }
  return stages;
}

/** A node that speaks session sync with `peers`, when it has any. */
function playerOf(number: number, peers?: readonly Player[]): Player {
  const address = literalAddress(`192.0.2.${number + 1}`);
  const { config } = loadKeepalived(configurationOf(number, peers !== undefined), 'rehearsal');
  const { sync } = config;
  const listen = Listeners[sync === undefined ? 0 : 1];
  const director = buildDirector(config, {
    interfaces: StageLinks,
    gateways: [],
    seed: Seeds[number] ?? 0,
    output: { send: listen },
  });
  const stage = new Rehearsal(director);
  const real = platform(silentLog, { add: () => {} });
  const environment = sync === undefined ? real : { ...real, now: () => stage.now };
  const node = new ClusterNode(config, director, newLife(config.routerId), {
    environment,
    sendSync: (bytes, to) => {
      for (const peer of peers ?? []) {
        if (peer.address === address) continue;
        if (to === undefined || to === peer.address) peer.inbox.push({ bytes, from: address });
      }
    },
    sendDaemon: () => {},
    queueTurn: () => {},
    rearm: () => {},
    watchPeer: () => {},
    notify: () => {},
    heard: listen,
  });
  if (sync !== undefined) node.openSync(sync, { address, mtu: SyncMtu });
  node.start(environment.now());
  stage.receive = (packet, arrival) => node.receiveFrame(packet, arrival);
  return { address, stage, node, inbox: [] };
}

/** A configuration as people write them, with the services of the stage. */
function configurationOf(number: number, hasPeers: boolean): string {
  const services = Scenes.map(
    (scene) => `virtual_server ${scene.vip} ${StagePort} {
  protocol ${scene.isTcp ? 'TCP' : 'UDP'}
  lvs_method ${scene.isRouted ? 'DR' : 'NAT'}
  lvs_sched rr
  real_server ${serverOf(scene)} ${StagePort} {
  }
}
`,
  );
  const commits = Scenes.filter(({ isCommitted }) => hasPeers && isCommitted).map(
    ({ vip }) => `  commit ${vip} ${StagePort} tcp acked\n`,
  );
  return `global_defs {
  router_id player${number}
${hasPeers ? '  lvs_sync_daemon clients\n' : ''}}
baton {
  connection_table ${Capacity}
${commits.join('')}}
${services.join('')}`;
}

/** Lets so much time pass that what has ended expires. */
function outlive(players: readonly Player[]): void {
  for (let second = 0; second < LongestLife; second += 1) takeTurns(players, seconds(1));
  for (const { stage } of players) stage.acquaint();
}

/** Lets time pass, and a message, its acknowledgement and what that sets free go their way. */
function takeTurns(players: readonly Player[], duration: Duration): void {
  for (const { stage } of players) stage.now = after(stage.now, duration);
  for (let turn = 0; turn < 3; turn += 1) for (const player of players) takeTurn(player);
}

function takeTurn({ node, inbox }: Player): void {
  for (const { bytes, from } of inbox.splice(0)) node.receiveDatagram(bytes, from);
  node.turn(true);
}
