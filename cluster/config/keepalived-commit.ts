import type { IpAddress } from '../../director/base/address.js';
import type { Statement } from './keepalived-statements.js';
import type { CommitMode, ServiceProtocol, VirtualServerConfig } from './node-config.js';
import { virtualServerKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import { Protocols, readMark } from './service-values.js';
import type { Value } from './statement-reader.js';

/** A `commit` line: a mode for all services, for one, or for those of a firewall mark. */
export interface CommitRule {
  readonly mode: CommitMode;
  readonly target: CommitTarget | undefined;
  readonly line: number;
}

type CommitTarget =
  | { readonly firewallMark: number }
  | {
      readonly firewallMark?: undefined;
      readonly address: IpAddress;
      readonly port: number;
      readonly protocol: ServiceProtocol;
    };

const Modes = { none: 'none', sent: 'sent', acked: 'acked' } as const;

/** Reads `commit [ADDRESS PORT PROTOCOL | fwmark N] MODE`. Undefined only after a problem. */
export function readCommit(statement: Statement, context: ReadContext): CommitRule | undefined {
  const { reader, problems } = context;
  const { keyword, words, line } = statement;
  const values = words.map((text): Value => ({ name: keyword, text, line }));
  const mode = reader.choice(values.at(-1), Modes);
  if (words.length === 1) {
    return mode && claimed({ mode, target: undefined, line }, context);
  }
  if (words.length === 3 && words[0] === 'fwmark') {
    const firewallMark = readMark(values[1], reader);
    if (mode === undefined || firewallMark === undefined) return undefined;
    return claimed({ mode, target: { firewallMark }, line }, context);
  }
  if (words.length !== 4) {
    const message = `${keyword} takes MODE, ADDRESS PORT PROTOCOL MODE or fwmark N MODE`;
    problems.add(line, 'syntax', message);
    return undefined;
  }
  const address = reader.address(values[0]);
  const port = reader.wholeNumber(values[1], { minimum: 0, maximum: 65_535 });
  const protocol = reader.choice(values[2], Protocols);
  if (mode === undefined || address === undefined) return undefined;
  if (port === undefined || protocol === undefined) return undefined;
  return claimed({ mode, target: { address, port, protocol }, line }, context);
}

function claimed(rule: CommitRule, context: ReadContext): CommitRule {
  const services = rule.target === undefined ? 'all services' : keysOf(rule.target)[0];
  claim(context, `commit of ${services}`, rule.line);
  return rule;
}

/** The services with the modes that the rules give them; a rule for one service is stronger than that for all. */
export function applyCommit(
  servers: readonly VirtualServerConfig[],
  rules: readonly CommitRule[],
  context: ReadContext,
): VirtualServerConfig[] {
  const standard = rules.find(({ target }) => target === undefined)?.mode ?? 'none';
  for (const rule of rules) checkRule(rule, servers, context);
  return servers.map((server) => {
    const rule = rules.find(({ target }) => target !== undefined && isFor(target, server));
    // A service without connections has nothing that peers could know before the packet goes on.
    return { ...server, commit: rule?.mode ?? (server.isOnePacket ? 'none' : standard) };
  });
}

function checkRule(
  { mode, target, line }: CommitRule,
  servers: readonly VirtualServerConfig[],
  { problems, positions }: ReadContext,
): void {
  if (target === undefined) return;
  const found = servers.filter((server) => isFor(target, server));
  if (mode !== 'none' && found.some(({ isOnePacket }) => isOnePacket)) {
    problems.add(line, 'conflict', `commit ${mode} has no effect: the virtual_server has ops`);
  }
  // A service that was refused is not among them, but is no unknown one.
  const keys = keysOf(target);
  if (keys.some((key) => positions.has(key))) return;
  problems.add(line, 'unknown-reference', `commit names ${keys[0]}, which the file does not have`);
}

function isFor(target: CommitTarget, server: VirtualServerConfig): boolean {
  if (target.firewallMark !== undefined) return target.firewallMark === server.firewallMark;
  if (server.firewallMark !== undefined) return false;
  const { address, port, protocol } = target;
  return server.address === address && server.port === port && server.protocol === protocol;
}

/** What messages call the services of a rule: those of a mark are of either family. */
const keysOf = (target: CommitTarget): readonly string[] =>
  target.firewallMark === undefined
    ? [virtualServerKey(target)]
    : Families.map((family) => virtualServerKey({ ...target, family }));

const Families = ['ipv4', 'ipv6'] as const;
