import { isIpv6 } from '../../../director/base/address.js';
import { milliseconds } from '../../../director/base/time.js';
import { toWords } from '../../../director/wire/address-words.js';
import * as arp from '../../../director/wire/arp.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { Family, Flow, Parse, parseIpv4, parseIpv6 } from '../../../director/wire/flow.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import * as ipv6 from '../../../director/wire/ipv6.js';
import type { Packet } from '../../../director/wire/packet.js';
import type { DirectorMachine } from '../director/director-machine.js';
import { isTransportValid } from '../host/host.js';
import type { Channel } from '../network/channel.js';
import type { World, WorldObserver } from '../world.js';
import type { InvariantName, Violations } from './invariants.js';

/** The last words of a master may come a moment after it has ceased to be one. */
const LastWords = milliseconds(5);

/** Looks at every frame that a director sends. */
export class WireCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  /** By channel: whose it is, and the director's card. */
  readonly #senders = new Map<Channel, DirectorMachine>();
  readonly #flow = new Flow();
  readonly #virtual = new Set<number>();
  readonly #wasMasterUntil = new Map<DirectorMachine, number>();
  readonly #hasDamage: boolean;

  /** `hasDamage`: the network changes frames, so what a director forwards may be wrong already. */
  constructor(world: World, violations: Violations, hasDamage: boolean) {
    this.#world = world;
    this.#violations = violations;
    this.#hasDamage = hasDamage;
    for (const director of world.directors) {
      for (const { up } of world.network.cablesOf(director.name)) this.#senders.set(up, director);
      const instances = director.config.vrrpInstances;
      const addresses = instances.flatMap(({ virtualAddresses }) => virtualAddresses);
      for (const { address } of addresses) {
        if (!isIpv6(address)) this.#virtual.add(toWords(address).words[3] ?? 0);
      }
    }
  }

  stateChanged(director: DirectorMachine, state: string): void {
    if (state === 'master') this.#wasMasterUntil.set(director, Number.POSITIVE_INFINITY);
    else if (this.#wasMasterUntil.get(director) === Number.POSITIVE_INFINITY) {
      this.#wasMasterUntil.set(director, this.#world.now);
    }
  }

  lifeEnded(director: DirectorMachine): void {
    this.#wasMasterUntil.delete(director);
  }

  sent(channel: Channel, frame: Packet): void {
    if (!channel.isUpward) return;
    const director = this.#senders.get(channel);
    if (director === undefined) return;
    const { view, start } = frame;
    const isToItself =
      ethernet.destinationLow(view, start) === ethernet.sourceLow(view, start) &&
      ethernet.destinationHigh(view, start) === ethernet.sourceHigh(view, start);
    if (isToItself) this.#report('F3 no-loop', `${director.name} on ${channel.name}`);
    switch (ethernet.type(view, start)) {
      case ethernet.EtherType.arp:
        this.#checkArp(director, frame);
        return;
      case ethernet.EtherType.ipv4:
        this.#checkIp(director, frame, parseIpv4(frame, this.#flow));
        return;
      case ethernet.EtherType.ipv6:
        this.#checkIp(director, frame, parseIpv6(frame, this.#flow));
        return;
      default:
    }
  }

  #checkArp(director: DirectorMachine, { view, start, end }: Packet): void {
    const body = start + ethernet.HeaderLength;
    if (!arp.isValid(view, body, end)) return;
    if (arp.operation(view, body) !== arp.Operation.reply) return;
    if (!this.#virtual.has(arp.senderAddress(view, body)) || this.#maySpeak(director)) return;
    const address = ipv4.describeAddress(arp.senderAddress(view, body));
    this.#report('V3 silent-backup', `${director.name}, ${director.state}, answers for ${address}`);
  }

  #checkIp(director: DirectorMachine, frame: Packet, parsed: Parse): void {
    const { view } = frame;
    const flow = this.#flow;
    if (parsed === Parse.otherProtocol && flow.protocol === ipv4.Protocol.vrrp) {
      const priority = view.getUint8(flow.transport + 2);
      if (priority === 0 || this.#maySpeak(director)) return;
      this.#report(
        'V3 silent-backup',
        `${director.name}, ${director.state}, advertises ${priority}`,
      );
      return;
    }
    if (this.#hasDamage) return;
    const network = frame.start + ethernet.HeaderLength;
    const hops =
      flow.family === Family.ipv4 ? ipv4.ttl(view, network) : ipv6.hopLimit(view, network);
    const isWhole = parsed !== Parse.ok || isTransportValid(frame, flow);
    if (parsed !== Parse.malformed && isWhole && hops > 0) return;
    this.#report('F2 checksums', `${director.name} sends a packet that nobody can take`);
  }

  /** True for a master, and for one that has just ceased to be. */
  #maySpeak(director: DirectorMachine): boolean {
    if (director.state === 'master') return true;
    const until = this.#wasMasterUntil.get(director) ?? Number.NEGATIVE_INFINITY;
    const process = director.process;
    const isLeaving = process?.node.elections.isLeaving === true;
    return isLeaving || this.#world.now <= until + LastWords;
  }

  #report(invariant: InvariantName, detail: string): void {
    this.#violations.report({ invariant, at: this.#world.now, detail });
  }
}
