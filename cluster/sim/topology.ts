import { parseAddress, type AddressPrefix, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import type { Prng } from '../../director/base/prng.js';
import { toWords, type AddressWords } from '../../director/wire/address-words.js';
import {
  virtualAddressesOf,
  type LabConfig,
  type LabLink,
  type LabNode,
} from '../config/lab-config.js';
import type { EventQueue } from './event-queue.js';
import { Host } from './host/host.js';
import { NetworkCard } from './host/network-card.js';
import { Routes, type RouteRule } from './host/routes.js';
import type { Network } from './network/network.js';

/*
 * The wiring of a lab in the simulator: the same nodes, addresses and routes that cluster/lab/topology.ts makes of network
 * namespaces. An interface of a node is called like its network.
 */

/** Makes the switches of a lab, and its hosts with their cables; in the order of the file. */
export function wire(lab: LabConfig, network: Network, queue: EventQueue, prng: Prng): Host[] {
  for (const { name } of lab.networks) network.addSegment(name);
  return lab.nodes.map((node, index) => {
    const cards = node.links.map((link, position) => cardOf(lab, link, index, position));
    const host = new Host(
      {
        name: node.name,
        cards,
        routes: routesOf(lab, node, cards),
        loopback: loopbackOf(lab, node),
      },
      queue,
      prng.split(),
    );
    for (const card of cards) network.plug(host, card, card.name);
    return host;
  });
}

/** Locally administered MAC addresses, numbered through. */
function cardOf(lab: LabConfig, link: LabLink, node: number, position: number): NetworkCard {
  const mac = { high: 0x0200, low: ((node + 1) << 8) | position };
  const network = lab.networks.find(({ name }) => name === link.network);
  assert(network !== undefined, 'a link of a checked lab names a network of it');
  const addresses: AddressPrefix[] = [
    { address: link.address, prefixLength: network.prefix.prefixLength },
  ];
  if (link.address6 !== undefined && network.prefix6 !== undefined) {
    addresses.push({ address: link.address6, prefixLength: network.prefix6.prefixLength });
    addresses.push({ address: linkLocal(node, position), prefixLength: 64 });
  }
  return new NetworkCard(link.network, mac, addresses);
}

function linkLocal(node: number, position: number): IpAddress {
  const address = parseAddress(`fe80::ff:${(((node + 1) << 4) | position).toString(16)}`);
  assert(address !== undefined, 'digits make an address');
  return address;
}

/**
 * A real server answers the same client in two ways: from a VIP directly, and from its own address by way of the gateway,
 * although the client's network may be on a link of its own.
 */
function routesOf(lab: LabConfig, node: LabNode, cards: readonly NetworkCard[]): Routes {
  const { gateway, virtualNetwork } = lab.cluster;
  const onLink = cards.flatMap((card) =>
    card.addresses.map((prefix): RouteRule => {
      return { to: prefix, family: toWords(prefix.address).family, card };
    }),
  );
  if (node.kind !== 'real-server' || gateway === undefined) return new Routes(onLink);
  const behind = cards.find(({ name }) => name === gateway.network);
  const clients = cards.find(({ name }) => name === virtualNetwork);
  if (behind === undefined) return new Routes(onLink);
  const direct = (clients?.addresses ?? []).map((prefix): RouteRule => {
    return {
      from: prefix,
      to: prefix,
      family: toWords(prefix.address).family,
      card: clients ?? behind,
    };
  });
  const others = onLink.filter(({ card }) => card !== clients);
  const toGateway = [gateway.address, gateway.address6].flatMap((address): RouteRule[] => {
    if (address === undefined) return [];
    const { family, words } = toWords(address);
    return [{ to: 'anywhere', family, card: behind, gateway: words }];
  });
  return new Routes([...direct, ...others, ...toGateway]);
}

/** The VIPs of the services whose real servers answer clients themselves. */
const loopbackOf = ({ services }: LabConfig, node: LabNode): readonly AddressWords[] =>
  virtualAddressesOf(
    services.filter(
      ({ method, realServers }) =>
        (method === 'Route' || method === 'Tunnel') &&
        realServers.some((server) => server.node === node.name),
    ),
  ).map((address) => toWords(address));
