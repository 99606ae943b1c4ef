import { Flag } from '../../director/core/connections.js';
import type { MarkRule } from '../../director/core/marks.js';
import { stateName } from '../../director/core/protocol-states.js';
import { fromWords, toWords } from '../../director/wire/address-words.js';
import { ip } from '../base/values.js';
import type { BenchDirector, Outcome } from '../packets/bench-director.js';
import { endpoint } from '../packets/packet-builder.js';
import { fromClient } from '../packets/packet-case.js';

/** The names of IP protocols as `ipvsadm -Lnc` prints them; a firewall mark's template is of protocol IP. */
const Protocols: Readonly<Record<number, string>> = { 0: 'IP', 6: 'TCP', 17: 'UDP', 132: 'SCTP' };

/**
 * The entries of the table, sorted, as `ipvsadm -Lnc` prints them: protocol, whole seconds left, state, client, virtual
 * endpoint, real server.
 */
export function entries(bench: BenchDirector): string[] {
  const { connections } = bench.director;
  const lines: string[] = [];
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index)) continue;
    const protocol = connections.protocol[index] ?? 0;
    const isTemplate = connections.hasFlag(index, Flag.template);
    const family = connections.familyOf(index);
    const ends = [
      [connections.clientAt(index), connections.clientPort(index)],
      [connections.virtualAt(index), connections.virtualPort(index)],
      [connections.realAt(index), connections.realPort(index)],
    ] as const;
    const texts = ends.map(([at, port]) => endpoint(fromWords(family, connections.rows, at), port));
    const left = Math.round(connections.remaining(index, bench.now));
    const state = stateName(protocol, isTemplate, connections.state[index] ?? 0);
    lines.push(`${Protocols[protocol]} ${left} ${state} ${texts.join(' ')}`);
  }
  return lines.toSorted();
}

/** The persistence templates among the entries. */
export const templates = (bench: BenchDirector): string[] =>
  entries(bench).filter((line) => / (NONE|ASSURED) \S+:0 /.test(line));

/** A client's segment, a SYN unless said. */
export const send = (bench: BenchDirector, from: string, to: string, tcp = 'S'): Outcome =>
  bench.receive('clients', fromClient({ from, to, tcp }));

/** The real address that a client's connection is bound to, or `none`. */
export function serverOfClient(bench: BenchDirector, from: string, to: string): string {
  const line = entries(bench).find((entry) => entry.includes(` ${from} ${to} `));
  return line?.split(' ').at(-1) ?? 'none';
}

/** Rules that give TCP and UDP packets for these endpoints a firewall mark. */
export function markRules(
  mark: number,
  vips: readonly string[],
  ports: readonly number[],
): MarkRule[] {
  return vips.flatMap((vip) =>
    ports.map((port): MarkRule => ({
      ...toWords(ip(vip)),
      protocol: 0,
      firstPort: port,
      lastPort: port,
      mark,
    })),
  );
}
