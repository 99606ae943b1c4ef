import { assert } from '../../director/base/invariant.js';
import type { Instant } from '../../director/base/time.js';
import { DropReasonNames, Verdict } from '../../director/core/counters.js';
import { Director } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import { addressKey } from '../../director/core/service-table.js';
import { Method, type ServiceOptions } from '../../director/core/services.js';
import { toWords } from '../../director/wire/address-words.js';
import { describeMac, parseMac } from '../../director/wire/ethernet.js';
import { Packet } from '../../director/wire/packet.js';
import { at, ip, prefix } from '../base/values.js';
import type { Bytes } from '../wire/plain-packets.js';

/** Where a packet leaves to: one of the real servers by its last byte, or back to the router it came from. */
export type NextHop = 'real 1' | 'real 2' | 'real 3' | 'router';

export interface SentTo {
  readonly hop: NextHop;
  /** The whole packet behind the Ethernet header. */
  readonly bytes: Bytes;
}

const Router = '02:00:00:00:00:01';
const Own = '02:00:00:00:00:0b';
const OwnBeforeServers = '02:00:00:00:01:0b';

const hops = new Map<string, NextHop>([
  [Router, 'router'],
  ['02:00:00:00:01:01', 'real 1'],
  ['02:00:00:00:01:02', 'real 2'],
  ['02:00:00:00:01:03', 'real 3'],
]);

/**
 * A director with katran's test services (provisioned in katran/lib/testing/utils/KatranTestProvision.cpp), as far as a
 * director that does not encapsulate has them: everything is forwarded by direct routing, round robin from real server 3
 * down. Clients are behind a router.
 */
export class KatranDirector {
  readonly director: Director;
  readonly #interfaces: readonly [Interface, Interface];
  readonly #packet = new Packet();
  readonly #now: Instant = at(1_000);
  #sent: SentTo[] = [];

  constructor() {
    const clients = link(0, Own, ['172.31.0.11/24', 'fc00:2::b/64']);
    const servers = link(1, OwnBeforeServers, ['10.0.0.11/24', 'fc00::b/64']);
    this.#interfaces = [clients, servers];
    this.director = new Director({
      interfaces: this.#interfaces,
      gateways: [{ address: ip('172.31.0.1'), interface: clients }],
      capacity: 64,
      seed: 1,
      output: { send: (_link, packet) => this.#send(packet.copy()) },
    });
    this.#resolve(clients, '172.31.0.1', Router);
    for (const host of [1, 2, 3]) {
      this.#resolve(servers, `10.0.0.${host}`, `02:00:00:00:01:0${host}`);
      this.#resolve(servers, `fc00::${host}`, `02:00:00:00:01:0${host}`);
    }
    const anyPort = { persistence: { timeout: 300, prefixLength: 32 } };
    this.#addService('10.200.1.1', 80, 17);
    this.#addService('10.200.1.1', 80, 6);
    // IPVS has services of every port for persistent ones only.
    this.#addService('10.200.1.2', 0, 6, anyPort);
    this.#addService('10.200.1.5', 443, 17);
    this.#addService('fc00:1::1', 80, 6);
  }

  /** Gives the director a frame from the router and says what became of it. */
  receive(frame: Uint8Array): { readonly outcome: string; readonly sent: readonly SentTo[] } {
    const { dropped } = this.director.counters;
    const before = dropped.slice();
    this.#packet.load(frame);
    const verdict = processFrame(this.director, this.#packet, this.#interfaces[0], this.#now);
    const sent = this.#sent;
    this.#sent = [];
    const reason = dropped.findIndex((count, index) => count !== before[index]);
    const name = Object.entries(Verdict).find(([, value]) => value === verdict)?.[0] ?? 'none';
    return { outcome: name === 'drop' ? `drop: ${DropReasonNames[reason]}` : name, sent };
  }

  #addService(vip: string, port: number, protocol: number, options: ServiceOptions = {}): void {
    const { director } = this;
    const { settings, prng } = director;
    const address = ip(vip);
    if (director.findFloating(address) === undefined) {
      director.addFloating(address, this.#interfaces[0]);
      director.setLive(address, true);
    }
    const service = director.addService(
      addressKey(address, port, protocol),
      address,
      createScheduler('rr', { settings, prng }),
      options,
    );
    assert(service !== undefined, 'katran’s services are different ones');
    for (const host of [1, 2, 3]) {
      const real = ip(vip.includes(':') ? `fc00::${host}` : `10.0.0.${host}`);
      const settled = { address: real, port, method: Method.route, weight: 1 };
      director.services.addServer(service, settled);
    }
  }

  #resolve(owner: Interface, address: string, mac: string): void {
    const { neighbours } = this.director;
    const { family, words } = toWords(ip(address));
    const neighbour = neighbours.add(owner, family, words, this.#now);
    const parsed = parseMac(mac);
    assert(neighbour !== undefined && parsed !== undefined, 'a neighbour of the test’s own');
    neighbours.confirm(neighbour, parsed.high, parsed.low, this.#now);
  }

  #send(frame: Uint8Array): void {
    const view = new DataView(frame.buffer);
    const mac = describeMac({ high: view.getUint16(0), low: view.getUint32(2) });
    this.#sent.push({ hop: hops.get(mac) ?? 'router', bytes: [...frame.subarray(14)] });
  }
}

function link(index: number, mac: string, addresses: readonly string[]): Interface {
  const parsed = parseMac(mac);
  assert(parsed !== undefined, 'a MAC address of the test’s own');
  return { index, name: `link${index}`, mac: parsed, mtu: 1_500, addresses: addresses.map(prefix) };
}

/** A frame from the router to the director with an IP packet. */
export function routed(packet: Bytes): Uint8Array {
  const type = (packet[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  const macs = `${Own}:${Router}`.split(':').map((pair) => Number.parseInt(pair, 16));
  return Uint8Array.from([...macs, ...type, ...packet]);
}
