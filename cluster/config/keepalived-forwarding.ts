import type { Statement } from './keepalived-statements.js';
import type { ForwardingConfig, ForwardingMethodName, TunnelConfig } from './node-config.js';
import type { ReadContext } from './read-context.js';
import type { Value } from './statement-reader.js';

/** keepalived's words, and the two that keepalived has for FullNat elsewhere (dpvs, Alibaba LVS) and labs have. */
const Methods: Readonly<Record<string, ForwardingMethodName>> = {
  NAT: 'Masq',
  DR: 'Route',
  TUN: 'Tunnel',
  FNAT: 'FullNat',
  FULLNAT: 'FullNat',
};

const TunnelTypes: Readonly<Record<string, TunnelConfig['type']>> = {
  ipip: 'ipip',
  gre: 'gre',
  gue: 'gue',
};

const Checksums: ReadonlyMap<string, TunnelConfig['checksum']> = new Map([
  ['nocsum', 'none'],
  ['csum', 'full'],
  ['remcsum', 'remote'],
]);

const isChecksum = (word: string): boolean => Checksums.has(word);

/** The methods that do not rewrite a packet's ports, in the words of keepalived. */
export const PortKeepingMethods: ReadonlyMap<ForwardingMethodName, string> = new Map([
  ['Route', 'DR'],
  ['Tunnel', 'TUN'],
]);

/** Reads `lvs_method NAT | DR | FNAT | TUN [type ipip | gre | gue port N] [nocsum | csum | remcsum]`. */
export function readForwarding(
  statement: Statement,
  context: ReadContext,
): ForwardingConfig | undefined {
  const { reader } = context;
  const { keyword, words, line } = statement;
  const [text] = words;
  if (text !== 'TUN') {
    const method = reader.choice(reader.value(statement, 'a method'), Methods);
    return method && { method };
  }
  const rest = words.slice(1);
  const checksum = readChecksum({ ...statement, words: rest.filter(isChecksum) }, context);
  let type: TunnelConfig['type'] | undefined = 'ipip';
  let port: number | undefined = 0;
  const options = { ...statement, words: rest.filter((word) => !isChecksum(word)) };
  reader.options(options, 0, {
    type: (value: Value) => {
      type = reader.choice(value, TunnelTypes);
    },
    port: (value: Value) => {
      port = reader.wholeNumber(value, { minimum: 1, maximum: 65_535 });
    },
  });
  if (type === undefined || port === undefined || checksum === undefined) return undefined;
  const tunnel = { type, port, checksum };
  checkTunnel(tunnel, { name: `${keyword} TUN type ${tunnel.type}`, text, line }, context);
  return { method: 'Tunnel', tunnel };
}

function readChecksum(
  { keyword, words, line }: Statement,
  { problems }: ReadContext,
): TunnelConfig['checksum'] | undefined {
  const [word = 'nocsum', ...others] = words;
  if (others.length > 0) {
    problems.add(line, 'duplicate', `${keyword} takes one of ${words.join(', ')}, not all`);
  }
  return Checksums.get(word);
}

/** Refuses what the kernel's tunnels do not have. */
function checkTunnel(
  { type, port, checksum }: TunnelConfig,
  { name, line }: Value,
  { problems }: ReadContext,
): void {
  if (type === 'gue' && port === 0) {
    problems.add(line, 'missing', `${name} needs a port`);
  } else if (type !== 'gue' && port !== 0) {
    problems.add(line, 'conflict', `${name} takes no port: only gue is carried in UDP`);
  }
  if (type === 'ipip' && checksum !== 'none') {
    problems.add(line, 'conflict', `${name} takes neither csum nor remcsum`);
  } else if (type === 'gre' && checksum === 'remote') {
    problems.add(line, 'conflict', `${name} takes no remcsum: only gue has it`);
  }
}
