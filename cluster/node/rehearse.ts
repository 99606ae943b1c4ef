import type { IpAddress } from '../../director/base/address.js';
import { parseAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { after, milliseconds, seconds, type Duration } from '../../director/base/time.js';
import { Rehearsal } from '../../director/core/rehearsal.js';
import { Replication } from '../member/replication.js';
import { SessionLink } from '../member/session-link.js';
import { SessionSync } from '../sync/session-sync.js';

/** Connections played, as many as it takes until the engine has compiled what they need. */
const Connections = 1_500;
/** Connections whose packets arrive together. */
const Batch = 5;

/** A director on the stage, with its session sync. */
interface Player {
  readonly address: IpAddress;
  readonly stage: Rehearsal;
  readonly sync: SessionSync;
  readonly link: SessionLink;
  /** Messages that have reached it. */
  readonly inbox: { readonly bytes: Uint8Array; readonly from: IpAddress }[];
}

/**
 * Plays connections with two directors in memory, which tell each other of them: the packet path and session sync are
 * compiled before the first packet comes. Takes a few tenths of a second, and leaves nothing behind.
 */
export function rehearse(): void {
  const players: Player[] = [];
  for (const name of ['first', 'second']) players.push(playerOf(name, players));
  const [master] = players;
  assert(master !== undefined, 'there are two');
  for (const { stage, sync } of players) sync.start(stage.now);
  // Until both count their empty tables as complete.
  for (let round = 0; round < 30; round += 1) takeTurns(players, milliseconds(100));
  for (let connection = 0; connection < Connections; connection += 1) {
    master.stage.play(connection);
    if (connection % Batch === 0) takeTurns(players, milliseconds(1));
  }
  assert(master.stage.director.commits.committed > 0, 'the rehearsal has reached its end');
}

function playerOf(name: string, players: readonly Player[]): Player {
  const stage = new Rehearsal();
  const address = parseAddress(`192.0.2.${players.length + 1}`);
  assert(address !== undefined, 'the address of a player is one');
  const replication = new Replication(stage.director, () => stage.now);
  const config = { node: name, syncId: 0, epoch: 1, bulkTimeout: seconds(1) };
  const sync = new SessionSync(config, replication);
  const link = new SessionLink(stage.director, replication, sync, {
    send: (bytes, to) => {
      for (const player of players) {
        if (player.address === address) continue;
        if (to === undefined || to === player.address) player.inbox.push({ bytes, from: address });
      }
    },
    other: () => {},
  });
  return { address, stage, sync, link, inbox: [] };
}

/** Lets time pass, and a message, its acknowledgement and what that sets free go their way. */
function takeTurns(players: readonly Player[], duration: Duration): void {
  for (const { stage } of players) stage.now = after(stage.now, duration);
  for (let turn = 0; turn < 3; turn += 1) for (const player of players) takeTurn(player);
}

function takeTurn({ stage, sync, link, inbox }: Player): void {
  for (const { bytes, from } of inbox.splice(0)) sync.handleDatagram(stage.now, bytes, from);
  link.turn(stage.now);
}
