import { AddressMap } from '../../../director/core/address-map.js';
import { Row, type EntryKey } from '../../../director/core/connection-row.js';
import { Flag, LocalOrigin, NoConnection } from '../../../director/core/connections.js';
import { toWords } from '../../../director/wire/address-words.js';
import type { Flow } from '../../../director/wire/flow.js';
import { Protocol } from '../../../director/wire/ipv4.js';
import { loadKey, type PackedRecord } from '../../sync/packed-record.js';
import { RecordFields } from '../../sync/record-fields.js';
import type { DirectorProcess } from '../director/director-process.js';
import type { ClientFlow, FlowPlan } from '../traffic/client-flow.js';
import type { World } from '../world.js';

export const protocolOf = ({ protocol }: FlowPlan): number =>
  protocol === 'TCP' ? Protocol.tcp : Protocol.udp;

/** What a director knows of a flow. */
export interface KnownFlow {
  readonly index: number;
  /** The number of the real server, 0 for one that is not of this world. */
  readonly server: number;
  readonly packets: number;
  /** Peers know it, or have told of it. */
  readonly isSynced: boolean;
  /** Microseconds since then. */
  readonly toldAgo: number;
  readonly state: number;
  /** The director itself answers for it. */
  readonly isOwn: boolean;
}

/** Looks into directors' tables from outside, dead ones' included. */
export class TableView {
  readonly #servers = new AddressMap<number>();
  readonly #fields = new RecordFields();

  constructor(world: World) {
    for (const { number, host } of world.servers) {
      for (const card of host.cards) {
        for (const { address } of card.addresses) {
          const { family, words } = toWords(address);
          this.#servers.set(family, words, number);
        }
      }
    }
  }

  /** What a director knows of a flow, or knew when it died. */
  find(process: DirectorProcess, { plan }: ClientFlow): KnownFlow | undefined {
    return this.#find(process, {
      family: plan.family,
      protocol: protocolOf(plan),
      clientWords: plan.local,
      clientPort: plan.localPort,
      virtualWords: plan.remote,
      virtualPort: plan.remotePort,
    });
  }

  /** The entry of a packet that a client has sent. */
  findOpened(process: DirectorProcess, flow: Flow): KnownFlow | undefined {
    return this.#find(process, {
      family: flow.family,
      protocol: flow.protocol,
      clientWords: flow.source,
      clientPort: flow.sourcePort,
      virtualWords: flow.destination,
      virtualPort: flow.destinationPort,
    });
  }

  /** The entry that a sync record is about. */
  findRecord(process: DirectorProcess, record: PackedRecord): KnownFlow | undefined {
    const fields = this.#fields;
    loadKey(record, fields);
    return this.#find(process, {
      family: fields.family,
      protocol: fields.protocol,
      isTemplate: fields.isTemplate,
      clientWords: fields.client,
      clientPort: fields.clientPort,
      virtualWords: fields.virtual,
      virtualPort: fields.virtualPort,
    });
  }

  entry(process: DirectorProcess, index: number): KnownFlow {
    const { connections } = process.node.director;
    return {
      index,
      server: this.serverAt(process, index),
      packets: connections.packets[index] ?? 0,
      isSynced: connections.hasFlag(index, Flag.synced),
      toldAgo: connections.sinceSync(index, process.now) * 1_000_000,
      state: connections.state[index] ?? 0,
      isOwn: connections.origin[index] === LocalOrigin,
    };
  }

  /** The number of the real server of an entry. */
  serverAt({ node }: DirectorProcess, index: number): number {
    const { connections } = node.director;
    const at = index * Row.words + Row.real;
    return this.#servers.get(connections.familyOf(index), connections.rows, at) ?? 0;
  }

  #find(process: DirectorProcess, key: EntryKey): KnownFlow | undefined {
    const index = process.node.director.connections.findEntry(key);
    return index === NoConnection ? undefined : this.entry(process, index);
  }
}
