import {
  planeMatches,
  thinningLimits,
  type Partition,
  type Thinning,
} from '../lab/network-faults.js';

/** An interface of a VM at a network of the lab. */
export interface VmLink {
  readonly node: string;
  readonly network: string;
  readonly device: string;
  readonly mac: string;
}

/** The nftables table in each VM that holds its part of all partitions. */
export const faultTable = 'netdev baton_faults';

/**
 * The nft commands that cut off one node, for its own VM. There is no switch between VMs that we could tell, so both ends
 * drop: frames to a node of another side when they leave, which also packet sockets at the far end do not see, and
 * frames from one when they arrive, which is what becomes of multicast. What is left is broadcast as a packet socket
 * sees it: ARP requests, to which no answer returns.
 */
export function vmPartitionRules(
  node: string,
  links: readonly VmLink[],
  { sides, plane, oneWay }: Partition,
): string {
  const own = sides.findIndex((side) => side.includes(node));
  if (own < 0) return '';
  const others = links.filter((link) => {
    const at = sides.findIndex((side) => side.includes(link.node));
    return at >= 0 && at !== own;
  });
  const isHeard = (from: number): boolean => oneWay && from !== 0;
  const commands = links
    .filter((link) => link.node === node)
    .flatMap(({ device, network }) => {
      const peers = others.filter((peer) => peer.network === network);
      const out = peers.filter(() => !isHeard(own));
      const arriving = peers.filter(
        (peer) => !isHeard(sides.findIndex((side) => side.includes(peer.node))),
      );
      return [
        ...chain(`out_${device}`, 'egress', device),
        ...chain(`in_${device}`, 'ingress', device),
        ...rules(`out_${device}`, 'daddr', out, plane),
        ...rules(`in_${device}`, 'saddr', arriving, plane),
      ];
    });
  return [`add table ${faultTable}`, ...commands, ''].join('\n');
}

/** The nft commands that thin the cable at an interface, for the VM that it belongs to. */
export function vmThinningRules(device: string, thinning: Thinning): string {
  const { direction } = thinning;
  const hooks = { out: ['egress'], in: ['ingress'], both: ['egress', 'ingress'] }[direction];
  const commands = hooks.flatMap((hook) => {
    const name = `thin_${hook}_${device}`;
    return [
      ...chain(name, hook, device),
      ...thinningLimits(thinning).map((limit) => `add rule ${faultTable} ${name} ${limit} drop`),
    ];
  });
  return [`add table ${faultTable}`, ...commands, ''].join('\n');
}

const chain = (name: string, hook: string, device: string): string[] => [
  `add chain ${faultTable} ${name} { type filter hook ${hook} device "${device}" priority 0; policy accept; }`,
];

const rules = (
  name: string,
  end: 'saddr' | 'daddr',
  peers: readonly VmLink[],
  plane: Partition['plane'],
): string[] =>
  peers.flatMap(({ mac }) =>
    planeMatches[plane].map(
      (match) => `add rule ${faultTable} ${name} ether ${end} ${mac} ${match} drop`,
    ),
  );
