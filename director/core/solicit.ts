import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ndp from '../wire/ndp.js';
import type { Director, FloatingAddress } from './director.js';
import type { Interface } from './interfaces.js';
import type { Neighbour } from './neighbours.js';

/*
 * What the director says about addresses unasked: questions for neighbours, and news about its own.
 */

/** Asks the link for a neighbour's MAC address. */
export function askFor(
  director: Director,
  neighbour: Pick<Neighbour, 'interface' | 'family' | 'words'>,
): void {
  const owner = neighbour.interface;
  const route = director.routes.find(neighbour.family, neighbour.words);
  if (route === undefined) return;
  if (neighbour.family === Family.ipv4) {
    sendArp(director, owner, ethernet.Broadcast, {
      operation: arp.Operation.request,
      sender: owner.mac,
      senderAddress: route.source[3] ?? 0,
      target: { high: 0, low: 0 },
      targetAddress: neighbour.words[3] ?? 0,
    });
    return;
  }
  const { scratch } = director;
  scratch.clear();
  scratch.end = ndp.writeSolicitation(scratch.view, scratch.start, {
    sender: owner.mac,
    source: route.source,
    target: neighbour.words,
  });
  director.output.send(owner.index, scratch);
}

/**
 * Tells everyone on the link that this node holds an address now: gratuitous ARP, as keepalived words it, or an
 * unsolicited neighbour advertisement.
 */
export function announce(director: Director, floating: FloatingAddress): void {
  const { interface: owner, mac, words } = floating;
  if (floating.family === Family.ipv4) {
    sendArp(director, owner, ethernet.Broadcast, {
      operation: arp.Operation.request,
      sender: mac,
      senderAddress: words[3] ?? 0,
      target: ethernet.Broadcast,
      targetAddress: words[3] ?? 0,
    });
    return;
  }
  const { scratch } = director;
  scratch.clear();
  scratch.end = ndp.writeUnsolicited(scratch.view, scratch.start, mac, words);
  director.output.send(owner.index, scratch);
}

/** Sends an ARP packet that the director makes itself. */
export function sendArp(
  director: Director,
  out: Interface,
  destination: ethernet.MacAddress,
  fields: arp.ArpFields,
): void {
  const { scratch } = director;
  scratch.clear();
  scratch.end = arp.writeFrame(scratch.view, scratch.start, destination, fields);
  director.output.send(out.index, scratch);
}
